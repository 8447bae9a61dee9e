"""Reads `tokenizer.json` of the package `tokenizers`, as Transformers 5 writes it for NLLB."""

import base64
import binascii

from sentencepiece import sentencepiece_model_pb2

from keras_transformer.errors import InputError
from keras_transformer.files.small_files import read_json
from keras_transformer.importing.imported_vocabulary import checked_tokens

TOKENIZER_JSON = "tokenizer.json"
# That of NLLB has 17 to 32 MB.
_MOST_BYTES = 128 * 2**20
_Piece = sentencepiece_model_pb2.ModelProto.SentencePiece


def read_tokenizer_json(path, pieces=None):
    """Reads the vocabulary of a `tokenizer.json` and its segmentation as a SentencePiece model.

    Args:
        path: the file.
        pieces: the `ModelProto` of the folder's SentencePiece model. Default: it is made from the merges.

    Returns:
        A dictionary from token to id, and the `ModelProto`.

    Raises:
        InputError: the file is damaged, or its segmentation is not that of a SentencePiece model of the type bpe.
    """
    content = read_json(path, most=_MOST_BYTES)
    try:
        model = content["model"]
        added = {entry["content"]: entry["id"] for entry in content["added_tokens"]}
        vocabulary = checked_tokens({**model["vocab"], **added}, path)
        return vocabulary, pieces or _pieces(content, model, added)
    except InputError:
        raise
    except (KeyError, TypeError, AttributeError, binascii.Error):
        raise InputError(f"{path}: the file is damaged.") from None
    except ValueError as error:
        raise InputError(f"{path}: {error}.") from None


def _pieces(content, model, added):
    """Returns the SentencePiece model of the type bpe with the segmentation of the merges."""
    if model["type"] != "BPE" or model.get("byte_fallback") or not _has_type(content["pre_tokenizer"], "Metaspace"):
        raise ValueError("expected the segmentation of a SentencePiece model of the type bpe")
    merges = [tuple(merge.split(" ") if isinstance(merge, str) else merge) for merge in model["merges"]]
    ranks = {}
    for rank, (left, right) in enumerate(merges):
        ranks.setdefault(left + right, rank)
    tokens = [token for token in sorted(model["vocab"], key=model["vocab"].get) if token not in added]
    _check_merges(tokens, merges, ranks)
    proto = sentencepiece_model_pb2.ModelProto()
    proto.pieces.add(piece="<unk>", score=0.0, type=_Piece.UNKNOWN)
    for number, token in enumerate(tokens):
        # Only the order of scores matters, and scores are float32.
        proto.pieces.add(piece=token, score=-float(ranks.get(token, len(merges) + number)), type=_Piece.NORMAL)
    proto.trainer_spec.model_type = proto.trainer_spec.BPE
    proto.trainer_spec.vocab_size = len(proto.pieces)
    normalizer = proto.normalizer_spec
    normalizer.name = "tokenizer.json"
    normalizer.add_dummy_prefix = normalizer.remove_extra_whitespaces = normalizer.escape_whitespaces = True
    normalizer.precompiled_charsmap = _character_map(content["normalizer"])
    return proto


def _check_merges(tokens, merges, ranks):
    """Raises a ValueError unless every pair of tokens whose union is a token can be merged, in the order of unions."""
    known, given = set(tokens), set(merges)
    for token in tokens:
        if any(
            token[:end] in known and token[end:] in known and (token[:end], token[end:]) not in given
            for end in range(1, len(token))
        ):
            raise ValueError("expected the merges of a SentencePiece model, with all pairs of tokens that form a token")
    order = [ranks[left + right] for left, right in merges]
    if order != sorted(order):
        raise ValueError("expected the merges of a SentencePiece model, in the order of the tokens that they form")


def _has_type(part, name):
    """Returns whether a part of the file has a type, or one of its own parts in a sequence."""
    if not isinstance(part, dict):
        return False
    return part["type"] == name or any(_has_type(each, name) for each in part.get("pretokenizers", ()))


def _character_map(normalizer):
    """Returns the compiled normalisation map, empty without one."""
    parts = normalizer["normalizers"] if normalizer and normalizer["type"] == "Sequence" else [normalizer]
    found = b""
    for part in filter(None, parts):
        if part["type"] == "Precompiled":
            found = base64.b64decode(part["precompiled_charsmap"], validate=True)
        elif part["type"] != "Replace" or part["content"] != " ":  # Several spaces become one, here as well.
            raise ValueError(f"expected the normalisation of a SentencePiece model. Received: {part['type']}")
    return found
