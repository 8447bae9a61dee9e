"""Writes a SentencePiece model as `tokenizer.json` of the package `tokenizers`, as `importing.tokenizer_json` reads it.

Text is cut as a whole, as SentencePiece does, and not word by word.
"""

import base64
import unicodedata

from sentencepiece import sentencepiece_model_pb2

from keras_transformer.errors import InputError, short_repr
from keras_transformer.files.whole_files import write_json
from keras_transformer.importing.tokenizer_json import TOKENIZER_JSON
from keras_transformer.special_tokens import END_ID, UNKNOWN_ID
from keras_transformer.text.character_map import character_rules

_Piece = sentencepiece_model_pb2.ModelProto.SentencePiece
_Spec = sentencepiece_model_pb2.TrainerSpec
_SPACE = "\u2581"
# Below the score of every piece. The package finds the name of a special token or of a byte in a text otherwise. It
# still does if a character of the name is not in the vocabulary.
_NEVER = -1e6
# SentencePiece's score of a user-defined symbol is this number below that of so many bytes with the highest score.
_SYMBOL_MARGIN = 0.1
# Normal forms of Unicode, each used if the rules of a vocabulary have this one.
_FORMS = (("NFKC", "\ufb01", "fi"), ("NFC", "\u1100\u1161", "\uac00"))
# Stand for characters that Unicode's normal forms change and the rules of a vocabulary do not. No text has them.
_NONCHARACTERS = [chr(point) for point in range(0xFDD0, 0xFDF0)]


def write_tokenizer_json(folder, tokenizers):
    """Writes `tokenizer.json`.

    Args:
        folder: the folder, a `pathlib.Path`.
        tokenizers: the `Tokenizers`.

    Raises:
        InputError: the languages have different vocabularies, or the package `tokenizers` does not have an option of
            the SentencePiece model.
    """
    if not tokenizers.is_shared:
        raise InputError(
            "Pegasus needs one vocabulary for both languages. Received: two SentencePiece models. Train with "
            "[vocabulary] shared = true."
        )
    write_json(folder / TOKENIZER_JSON, _content(tokenizers.source.model), indent=2)


def _content(model):
    proto = sentencepiece_model_pb2.ModelProto.FromString(model)
    _check(proto, model)
    control = [number for number, piece in enumerate(proto.pieces) if piece.type in (_Piece.CONTROL, _Piece.UNKNOWN)]
    end = proto.pieces[END_ID].piece
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_special_token(number, proto.pieces[number].piece) for number in control],
        "normalizer": {"type": "Sequence", "normalizers": _normalizers(proto, character_rules(model))},
        "pre_tokenizer": None,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": end, "type_id": 0}}],
            "pair": [{"Sequence": {"id": name, "type_id": 0}} for name in "AB"]
            + [{"SpecialToken": {"id": end, "type_id": 0}}],
            "special_tokens": {end: {"id": end, "ids": [END_ID], "tokens": [end]}},
        },
        "decoder": {
            "type": "Sequence",
            "decoders": [
                _replace(_SPACE, " "),
                {"type": "ByteFallback"},
                {"type": "Fuse"},
                {"type": "Strip", "content": " ", "start": 1, "stop": 0},
            ],
        },
        "model": _bpe(proto) if proto.trainer_spec.model_type == _Spec.BPE else _unigram(proto),
    }


def _check(proto, model):
    """Raises an InputError if the package `tokenizers` does not have an option of the model."""
    kind, spec = proto.trainer_spec.model_type, proto.normalizer_spec
    if kind not in (_Spec.UNIGRAM, _Spec.BPE):
        raise InputError(
            "tokenizer.json needs a vocabulary of the type unigram or bpe. Received: the type "
            f"{_Spec.ModelType.Name(kind).lower()}."
        )
    if proto.trainer_spec.treat_whitespace_as_suffix or not spec.escape_whitespaces:
        raise InputError("tokenizer.json needs a vocabulary whose words begin with U+2581. Received: another one.")
    symbols = [piece.piece for piece in proto.pieces if piece.type == _Piece.USER_DEFINED]
    if symbols and kind == _Spec.BPE:
        raise InputError(
            "tokenizer.json has no user-defined symbols of a vocabulary of the type bpe. Received: "
            f"{short_repr(symbols[0])}. Learn a vocabulary of the type unigram."
        )
    characters = {key for key in character_rules(model) if len(key) == 1} if symbols else ()
    for symbol in symbols:
        if not characters.isdisjoint(symbol):
            raise InputError(
                "tokenizer.json normalises user-defined symbols. Received: "
                f"{short_repr(symbol)}, which the normalisation of the vocabulary changes."
            )


def _special_token(number, content):
    options = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": number, "content": content, **options, "special": True}


def _normalizers(proto, rules):
    """Returns the normalisation. The last parts write spaces as U+2581."""
    spec = proto.normalizer_spec
    parts = _normal_form(rules)
    if rules:
        encoded = base64.b64encode(spec.precompiled_charsmap).decode("ascii")
        parts.append({"type": "Precompiled", "precompiled_charsmap": encoded})
    if spec.remove_extra_whitespaces:
        parts.append({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "})
        parts.append({"type": "Replace", "pattern": {"Regex": r"\A | \z"}, "content": ""})
    if spec.add_dummy_prefix:
        parts.append({"type": "Prepend", "prepend": _SPACE})
    return [*parts, _replace(" ", _SPACE)]


def _normal_form(rules):
    """Returns the normalisation before the rules are used.

    The normalisation `Precompiled` replaces a character together with its combining marks, so marks are lost, and it
    does not compose long sequences. Few rules apply after a normal form of Unicode.

    Args:
        rules: the rules of the vocabulary, a dictionary from string to string.
    """
    form = next((form for form, key, value in _FORMS if rules.get(key) == value), None)
    if form is None:
        return []
    is_lower = rules.get("A") == "a"

    def changed(character):
        normal = unicodedata.normalize(form, character)
        return "".join(map(str.lower, normal)) if is_lower else normal

    characters = (chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000)
    kept = [
        character
        for character in characters
        if (normal := changed(character)) != character
        and "".join(rules.get(each, each) for each in normal) != rules.get(character, character)
    ]
    if len(kept) > len(_NONCHARACTERS):
        return []
    pairs = list(zip(kept, _NONCHARACTERS))
    return [
        *(_replace(character, instead) for character, instead in pairs),
        {"type": form},
        *([{"type": "Lowercase"}] if is_lower else []),
        *(_replace(instead, character) for character, instead in pairs),
    ]


def _replace(found, content):
    return {"type": "Replace", "pattern": {"String": found}, "content": content}


def _unigram(proto):
    highest = max((piece.score for piece in proto.pieces if piece.type == _Piece.NORMAL), default=0.0)

    def score(piece):
        if piece.type == _Piece.NORMAL:
            return piece.score
        if piece.type == _Piece.USER_DEFINED:
            return len(piece.piece.encode("utf-8")) * highest - _SYMBOL_MARGIN
        return _NEVER

    return {
        "type": "Unigram",
        "unk_id": UNKNOWN_ID,
        "vocab": [[piece.piece, score(piece)] for piece in proto.pieces],
        "byte_fallback": proto.trainer_spec.byte_fallback,
    }


def _bpe(proto):
    pieces = {piece.piece: piece.score for piece in proto.pieces if piece.type == _Piece.NORMAL}
    merges = [
        [piece[:end], piece[end:]]
        for piece in sorted(pieces, key=pieces.get, reverse=True)
        for end in range(1, len(piece))
        if piece[:end] in pieces and piece[end:] in pieces
    ]
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": proto.pieces[UNKNOWN_ID].piece,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": True,
        "byte_fallback": proto.trainer_spec.byte_fallback,
        "ignore_merges": False,
        "vocab": {piece.piece: number for number, piece in enumerate(proto.pieces)},
        "merges": merges,
    }
