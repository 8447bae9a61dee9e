"""Vocabularies of an OpenNMT-tf model: a file of one token per line, and a SentencePiece model or spaces."""

import collections
from typing import NamedTuple

import numpy as np
from sentencepiece import sentencepiece_model_pb2

from keras_transformer.errors import InputError, short_repr
from keras_transformer.files.small_files import read_small_file
from keras_transformer.importing.imported_vocabulary import ImportedVocabulary, missing_pieces
from keras_transformer.importing.side_models import target_model
from keras_transformer.importing.token_table import TokenTable
from keras_transformer.special_tokens import NUM_SPECIAL_TOKENS
from keras_transformer.text import Tokenizers
from keras_transformer.text.tokenizer import UNKNOWN_PIECES, Tokenizer

PADDING = "<blank>"
_START, _END = "<s>", "</s>"
_MOST_BYTES = 64 * 2**20
_SPACE = "\u2581"
_Piece = sentencepiece_model_pb2.ModelProto.SentencePiece


class SideFiles(NamedTuple):
    """The files of a language.

    Args:
        vocabulary: the vocabulary, a `pathlib.Path`.
        tokens: its tokens, a list of strings.
        path: the SentencePiece model, or None for tokens that are separated by spaces.
        pieces: its `ModelProto`, or None.
    """

    vocabulary: object
    tokens: list
    path: object
    pieces: object


def read_tokens(path):
    """Reads a vocabulary.

    Args:
        path: the file, of one token per line, the first of them `<blank>`.

    Returns:
        The tokens, a list of strings.

    Raises:
        InputError: the file is not a vocabulary of OpenNMT-tf.
    """
    try:
        lines = read_small_file(path, _MOST_BYTES).decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise InputError(f"{path}: expected a vocabulary in UTF-8.") from None
    except FileNotFoundError:
        raise InputError(f"{path}: the vocabulary is missing.") from None
    tokens = [line.rstrip("\r") for line in (lines if lines[-1] else lines[:-1])]
    if tokens[:1] != [PADDING]:
        raise InputError(
            f"{path}: expected a vocabulary of OpenNMT-tf, whose first line is {PADDING}. Received: "
            f"{short_repr(tokens[0]) if tokens else 'an empty file'}."
        )
    if len(set(tokens)) != len(tokens):
        double, _ = collections.Counter(tokens).most_common(1)[0]
        raise InputError(f"{path}: expected different tokens. Received: {short_repr(double)} twice.")
    return tokens


def opennmt_tf_vocabulary(sides, weights):
    """Returns the `ImportedVocabulary` of a model.

    The special tokens are `<blank>`, `<s>`, `</s>`, and the last row of the table for all unknown tokens.

    Args:
        sides: the `SideFiles` of source and target.
        weights: the `OpenNMTTFWeights`.

    Raises:
        InputError: a vocabulary does not fit the weights or the SentencePiece model.
    """
    source, target = sides
    for side, size, needs_all in zip(sides, weights.sizes, (weights.is_shared, True)):
        _check_tokens(side, size, needs_all)
    if weights.is_shared and source.tokens != target.tokens:
        raise InputError(
            f"{target.vocabulary}: the model has one table for both languages, so the vocabularies must be equal. "
            f"Received: another one than {source.vocabulary}."
        )
    named = [side.tokens if side.pieces else [_SPACE + token for token in side.tokens] for side in sides]
    pieces = [side.pieces or _words(tokens[1:]) for side, tokens in zip(sides, named)]
    missing = [missing_pieces(each, set(tokens)) for each, tokens in zip(pieces, named)]
    if weights.is_shared:
        missing = [list(dict.fromkeys(missing[0] + missing[1]))] * 2
    tables = [_table(*each) for each in zip(sides, named, missing)]
    if weights.is_shared:
        tables[1] = tables[0]
    tokenizers = []
    for side, *each in zip(sides, pieces, tables):
        try:
            tokenizers.append(Tokenizer(target_model(*each)))
        except InputError as error:
            raise InputError(f"{side.path or side.vocabulary}: {error}") from None
    return ImportedVocabulary(Tokenizers(*tokenizers), *tables)


def has_pieces(tokens):
    """Returns whether tokens are pieces of a SentencePiece model, which has `▁` for a space."""
    return any(token.startswith(_SPACE) for token in tokens)


def _check_tokens(side, size, needs_all):
    """Raises an InputError unless a vocabulary has the size of its table, and special tokens."""
    if len(side.tokens) != size - 1:
        raise InputError(
            f"{side.vocabulary}: expected {size - 1} tokens, one less than the table of the checkpoint has rows. "
            f"Received: {len(side.tokens)}."
        )
    if needs_all and side.tokens[1:3] != [_START, _END]:
        raise InputError(
            f"{side.vocabulary}: expected the tokens {_START} and {_END} in the lines 2 and 3. Received: "
            f"{short_repr(' and '.join(side.tokens[1:3]))}."
        )
    if side.pieces is None and has_pieces(side.tokens):
        raise InputError(
            f"{side.vocabulary}: the tokens are pieces of a SentencePiece model, but the folder has none that fits. "
            "Give the model: `source_tokenizer` and `target_tokenizer`, in commands --source-tokenizer and "
            "--target-tokenizer."
        )


def _table(side, named, missing):
    """Returns the `TokenTable` of a vocabulary. Pieces that it lacks have the row of unknown tokens."""
    unknown, missing = len(named), [UNKNOWN_PIECES, *missing] if missing else []
    has_ends = side.tokens[1:3] == [_START, _END]  # A vocabulary of the source can lack them.
    first = 3 if has_ends else 1
    special = [0, unknown, *((1, 2) if has_ends else (unknown, unknown))]
    rows = np.array([*special, *range(first, len(named)), *[unknown] * len(missing)])
    is_copy = np.zeros(len(rows), bool)
    is_copy[len(rows) - len(missing) :] = True
    return TokenTable([None] * NUM_SPECIAL_TOKENS + named[first:] + missing, rows, is_copy)


def _words(tokens):
    """Returns the `ModelProto` of a SentencePiece model that splits text at spaces."""
    proto = sentencepiece_model_pb2.ModelProto()
    proto.pieces.add(piece="<unk>", score=0.0, type=_Piece.UNKNOWN)
    for number, token in enumerate(tokens):
        proto.pieces.add(piece=token, score=-float(number), type=_Piece.NORMAL)
    proto.trainer_spec.model_type = proto.trainer_spec.WORD
    proto.trainer_spec.vocab_size = len(proto.pieces)
    spec = proto.normalizer_spec
    spec.name = "identity"
    spec.add_dummy_prefix = spec.remove_extra_whitespaces = spec.escape_whitespaces = True
    return proto
