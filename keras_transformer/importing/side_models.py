"""SentencePiece models with the segmentation of given ones and the ids of a `TokenTable`."""

import functools
import itertools
import string
import unicodedata

import sentencepiece
from google.protobuf.message import DecodeError
from sentencepiece import sentencepiece_model_pb2

from keras_transformer.errors import InputError, short_repr
from keras_transformer.files.small_files import read_small_file
from keras_transformer.importing.imported_vocabulary import is_row_name
from keras_transformer.special_tokens import END_ID, NUM_SPECIAL_TOKENS, PADDING_ID, START_ID, UNKNOWN_ID
from keras_transformer.text.character_map import character_rules, check_character_maps, write_character_map
from keras_transformer.text.language_tokens import OTHER_LANGUAGE, is_language_token
from keras_transformer.text.model_records import check_records
from keras_transformer.text.tokenizer import UNKNOWN_PIECES

_MOST_BYTES, _MOST_PIECES = 64 * 2**20, 2**20
_Spec = sentencepiece_model_pb2.TrainerSpec
_Piece = sentencepiece_model_pb2.ModelProto.SentencePiece
_SPACE = "\u2581"
_OTHER_FILE = "expected a SentencePiece model, but this is another file."
_SPECIAL_NAMES = {PADDING_ID: "<pad>", UNKNOWN_ID: "<unk>", START_ID: "<s>", END_ID: "</s>"}


def read_pieces(path):
    """Reads a SentencePiece model of another toolkit.

    Args:
        path: the file.

    Returns:
        Its `ModelProto`.

    Raises:
        InputError: the file is not a SentencePiece model of the type unigram or bpe.
    """
    content = read_small_file(path, _MOST_BYTES)
    try:
        check_records(content, _MOST_PIECES)
        proto = sentencepiece_model_pb2.ModelProto.FromString(content)
        check_character_maps(proto)
        sentencepiece.SentencePieceProcessor(model_proto=content)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except (DecodeError, ValueError, RuntimeError):
        raise InputError(f"{path}: {_OTHER_FILE}") from None
    if not proto.pieces:
        raise InputError(f"{path}: {_OTHER_FILE}")
    if proto.trainer_spec.model_type not in (_Spec.UNIGRAM, _Spec.BPE):
        raise InputError(
            f"{path}: expected a SentencePiece model of the type unigram or bpe. Received: the type "
            f"{_Spec.ModelType.Name(proto.trainer_spec.model_type).lower()}."
        )
    return proto


def source_model(pieces, table, path, rules=None):
    """Returns the SentencePiece model of the source.

    A language token such as `>>fra<<` at the beginning of a text is one piece. That of another language is the piece of
    `OTHER_LANGUAGE`. A token that no text is cut into has a placeholder instead of its name, so that no runtime finds
    it by its name.

    Args:
        pieces: the `ModelProto` of `read_pieces`.
        table: the `TokenTable`.
        path: the file of `pieces`, for errors.
        rules: additional normalisation, a dictionary from string to string. Default: none.

    Returns:
        The bytes of the model.

    Raises:
        InputError: a language token cannot be one piece.
    """
    ordinary = _ordinary_pieces(pieces, table)
    # The score of a user-defined symbol depends on the best score of the others, and 0 would change it.
    is_plain = pieces.trainer_spec.model_type == _Spec.UNIGRAM and all(
        piece.type != _Piece.USER_DEFINED for piece in pieces.pieces
    )
    language_type = _Piece.NORMAL if is_plain else _Piece.USER_DEFINED
    prefix = _SPACE if pieces.normalizer_spec.add_dummy_prefix else ""

    def piece_of(token):
        if is_language_token(token):
            return _Piece(piece=prefix + token, score=0.0, type=language_type)
        return ordinary.get(token)

    model = _model(pieces, table, piece_of)
    languages = [token for token in table.tokens if token is not None and is_language_token(token)]
    model.normalizer_spec.precompiled_charsmap = _extended_map(
        pieces.normalizer_spec.SerializeToString(deterministic=True), tuple((rules or {}).items()), tuple(languages)
    )
    _check_languages(model, languages, table, path)
    return model.SerializeToString(deterministic=True)


def target_model(pieces, table):
    """Returns the SentencePiece model of the target. It writes every token that can be generated.

    Args:
        pieces: the `ModelProto` of `read_pieces`.
        table: the `TokenTable`.

    Returns:
        The bytes of the model.
    """
    ordinary, lowest = _ordinary_pieces(pieces, table), _lowest_score(pieces)
    copies = {token for token, is_copy in zip(table.tokens, table.is_copy) if is_copy}

    def piece_of(token):
        if token in ordinary:
            return ordinary[token]
        if token in copies or not token or is_row_name(token):
            return None
        # A text is never cut into such a piece, but the piece is written.
        return _Piece(piece=token, score=lowest - 1, type=_Piece.UNUSED)

    return _model(pieces, table, piece_of).SerializeToString(deterministic=True)


def shared_model(pieces, table, languages):
    """Returns the SentencePiece model of a vocabulary of many languages, for source and target.

    Args:
        pieces: the `ModelProto`.
        table: the `TokenTable`.
        languages: the tokens of languages. They occur in no text and are not written.

    Returns:
        The bytes of the model.
    """
    ordinary = _ordinary_pieces(pieces, table)
    control = frozenset(languages)

    def piece_of(token):
        if token in control:
            return _Piece(piece=token, score=0.0, type=_Piece.CONTROL)
        return ordinary.get(token)

    return _model(pieces, table, piece_of).SerializeToString(deterministic=True)


@functools.lru_cache(8)
def _extended_map(normalizer_spec, more, languages):
    """Returns a compiled normalisation map that ends a language token with a space, so that a new word follows it.

    Args:
        normalizer_spec: the normalisation, the bytes of a `NormalizerSpec`.
        more: additional rules, pairs of strings.
        languages: the language tokens of the vocabulary.
    """
    model = sentencepiece_model_pb2.ModelProto()
    model.normalizer_spec.ParseFromString(normalizer_spec)
    if not more and not languages:
        return model.normalizer_spec.precompiled_charsmap
    rules = character_rules(model.SerializeToString()) | dict(more)
    if OTHER_LANGUAGE in languages:
        rules |= dict.fromkeys(_language_tokens(), f"{OTHER_LANGUAGE} ")
    rules |= {token: f"{token} " for token in languages}
    return write_character_map({key.encode("utf-8"): value.encode("utf-8") for key, value in rules.items()})


def _language_tokens():
    """Yields the language tokens of all codes of two or three letters."""
    for length in (2, 3):
        for letters in itertools.product(string.ascii_lowercase, repeat=length):
            yield f">>{''.join(letters)}<<"


def _lowest_score(pieces):
    return min((piece.score for piece in pieces.pieces if piece.type == _Piece.NORMAL), default=0.0)


def _ordinary_pieces(pieces, table):
    """Returns the pieces by their written form, and single characters. The unknown token is the library's own."""
    own = {piece.piece: piece for piece in pieces.pieces if piece.type != _Piece.UNKNOWN}
    lowest = _lowest_score(pieces)
    singles = _single_characters(pieces, table, own)
    return own | {token: _Piece(piece=token, score=lowest, type=_Piece.NORMAL) for token in singles}


def _model(pieces, table, piece_of):
    """Returns the `ModelProto` with the tokens of a table.

    Args:
        pieces: the given `ModelProto`.
        table: the `TokenTable`.
        piece_of: function from the written form of a token to its piece, or to None for a placeholder.
    """
    model = sentencepiece_model_pb2.ModelProto()
    model.CopyFrom(pieces)
    model.ClearField("pieces")
    model.DiscardUnknownFields()  # Such as samples of a self-test, with the former ids.
    marker = _Piece(piece=UNKNOWN_PIECES, score=0.0, type=_Piece.CONTROL)
    found = [
        None if token is None else marker if token == UNKNOWN_PIECES else piece_of(token) for token in table.tokens
    ]
    taken = {piece.piece for piece in found if piece is not None}
    names = {token_id: _free_name(name, taken) for token_id, name in _SPECIAL_NAMES.items()}
    for token_id, piece in enumerate(found):
        if token_id < NUM_SPECIAL_TOKENS:
            kind = _Piece.UNKNOWN if token_id == UNKNOWN_ID else _Piece.CONTROL
            model.pieces.add(piece=names[token_id], score=0.0, type=kind)
        elif piece is None:
            model.pieces.add(piece=_free_name(f"<unused {token_id}>", taken), score=0.0, type=_Piece.CONTROL)
        else:
            model.pieces.append(piece)
    spec = model.trainer_spec
    spec.ClearField("input")
    spec.ClearField("model_prefix")
    spec.vocab_size = len(model.pieces)
    spec.pad_id, spec.unk_id, spec.bos_id, spec.eos_id = PADDING_ID, UNKNOWN_ID, START_ID, END_ID
    spec.pad_piece, spec.unk_piece, spec.bos_piece, spec.eos_piece = (
        names[token_id] for token_id in (PADDING_ID, UNKNOWN_ID, START_ID, END_ID)
    )
    return model


def _free_name(name, taken):
    while name in taken:
        name = f"<{name}>"
    return name


def _single_characters(pieces, table, own):
    """Returns the characters that a SentencePiece model lacks and the vocabulary has.

    Transformers looks up a run of unknown characters as a whole. A run of one character can be a token of the other
    language, such as the é of "café" for an English source. Characters of other scripts occur in longer runs, which
    are unknown.
    """
    if pieces.trainer_spec.byte_fallback:
        return frozenset()
    normal = [piece.piece for piece in pieces.pieces if piece.type == _Piece.NORMAL]
    known = {character for piece in normal for character in piece}
    scripts = {_script(character) for character in known}
    return frozenset(
        token
        for token in table.tokens
        if token is not None and len(token) == 1 and token not in known | own.keys() and _script(token) in scripts
    )


def _script(character):
    """Returns the first word of a letter's name, such as "LATIN", or "" for another character."""
    return unicodedata.name(character, "").split(" ")[0] if unicodedata.category(character)[0] == "L" else ""


def _check_languages(model, languages, table, path):
    """Raises an InputError unless each language token is one piece, and the text after it is cut as without it."""
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString())
    text = "a b"
    expected = processor.encode(text)
    ids = {token: token_id for token_id, token in enumerate(table.tokens)}
    for token in languages:
        for written in (f"{token} {text}", f"{token}{text}"):
            if processor.encode(written) != [ids[token], *expected]:
                raise InputError(
                    f"{path}: the language token {short_repr(token)} cannot be one piece of this SentencePiece model."
                )
