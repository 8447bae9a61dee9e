"""The files of `MarianTokenizer`: two SentencePiece models, which cut text, and the ids of the pieces."""

from sentencepiece import sentencepiece_model_pb2

from keras_transformer.errors import InputError, short_repr
from keras_transformer.files.whole_files import write_json, write_whole
from keras_transformer.special_tokens import NUM_SPECIAL_TOKENS
from keras_transformer.text.character_map import character_rules, write_character_map
from keras_transformer.text.language_tokens import is_language_token

_Piece = sentencepiece_model_pb2.ModelProto.SentencePiece
# Types of pieces that occur in a text.
_OF_TEXTS = (_Piece.NORMAL, _Piece.USER_DEFINED, _Piece.BYTE)
_SPACE = "\u2581"


def write_marian_tokenizer(folder, tokenizers, separate=False):
    """Writes `source.spm`, `target.spm` and `vocab.json`.

    Args:
        folder: the folder, a `pathlib.Path`.
        tokenizers: the `Tokenizers`.
        separate: whether to write the same vocabulary as `target_vocab.json` too, for separate embedding tables.
            Default False.

    Raises:
        InputError: the languages have different vocabularies.
    """
    vocabulary = {name: token_id for token_id, name in enumerate(joint_names(tokenizers))}
    write_whole(folder / "source.spm", lambda file: file.write_bytes(_without_languages(tokenizers.source.model)))
    tokenizers.target.save(folder / "target.spm")
    for name in ("vocab.json", "target_vocab.json")[: 1 + separate]:
        write_json(folder / name, vocabulary, indent=2)


def joint_names(tokenizers):
    """Returns the name of each id in `vocab.json`.

    The two tokenizers of an imported MarianMT model cut texts differently, but have the ids of one table. Each name is
    the piece of the tokenizer that has it. The other tokenizer has a control token as a placeholder.

    Raises:
        InputError: an id is another piece in each language, or two ids have the same name.
    """
    source, target = (
        sentencepiece_model_pb2.ModelProto.FromString(each.model).pieces
        for each in (tokenizers.source, tokenizers.target)
    )
    names = {}
    for token_id, (one, other) in enumerate(zip(source, target, strict=True)):
        one_name = _name(one)
        is_placeholder = other.type == _Piece.CONTROL and token_id >= NUM_SPECIAL_TOKENS
        name = one_name if is_placeholder and one.type in _OF_TEXTS else other.piece
        if one.type in _OF_TEXTS and one_name != name:
            raise InputError(
                "MarianMT needs one vocabulary for both languages. Received: the token "
                f"{token_id} is {short_repr(one.piece)} in the source and {short_repr(other.piece)} in the target. "
                "Train with [vocabulary] shared = true."
            )
        if name in names:
            raise InputError(
                f"MarianMT needs a different name for each token. Received: {short_repr(name)} is the token "
                f"{names[name]} and the token {token_id}."
            )
        names[name] = token_id
    return list(names)


def _name(piece):
    """Returns the name of a source piece. That of a language token begins with a space, which its name does not."""
    return piece.piece.removeprefix(_SPACE) if _is_language(piece) else piece.piece


def _is_language(piece):
    return is_language_token(piece.piece.removeprefix(_SPACE))


def _without_languages(model):
    """Returns a source model without language tokens, which `MarianTokenizer` cuts off itself.

    It is the inverse of `importing.side_models.source_model`.
    """
    proto = sentencepiece_model_pb2.ModelProto.FromString(model)
    languages = [token_id for token_id, piece in enumerate(proto.pieces) if _is_language(piece)]
    if not languages:
        return model
    for token_id in languages:
        proto.pieces[token_id].CopyFrom(_Piece(piece=f"<language {token_id}>", score=0.0, type=_Piece.CONTROL))
    rules = {
        key.encode("utf-8"): value.encode("utf-8")
        for key, value in character_rules(model).items()
        if not is_language_token(key)
    }
    proto.normalizer_spec.precompiled_charsmap = write_character_map(rules) if rules else b""
    return proto.SerializeToString(deterministic=True)
