"""The rules by which a vocabulary that is learned normalises text: one of SentencePiece's maps, and what is added."""

import pathlib

import sentencepiece

from keras_transformer.files.whole_files import write_text

# SentencePiece's names. "nmt_nfkc" is Unicode's NFKC with spaces for invisible separators and without control
# characters; "nmt_nfkc_cf" folds case as well.
NORMALIZATIONS = ("nmt_nfkc", "nfkc", "nmt_nfkc_cf", "identity")
# They become spaces, so that whatever is translated stays one line and one column.
_SEPARATORS = "\t\n\r"
_MAP_SEPARATORS = ("nmt_nfkc", "nmt_nfkc_cf")


def normalization_options(normalization, lowercase, folder):
    """What SentencePiece's trainer needs to normalise text by a map.

    Args:
        normalization: one of `NORMALIZATIONS`.
        lowercase: whether each character that the map gives is lower-cased as well, by itself.
        folder: a folder for the rules' file, which the trainer reads.

    Returns:
        A dictionary of arguments of `SentencePieceTrainer.train`.
    """
    if normalization in _MAP_SEPARATORS and not lowercase:
        return {"normalization_rule_name": normalization}
    rules = _rules_of(normalization) | dict.fromkeys(_SEPARATORS, " ")
    if lowercase:
        # What a rule gives is not mapped again: the results of the map are lower-cased in it.
        rules = _lowercase_rules() | {key: _lower(value) for key, value in rules.items()}
    path = pathlib.Path(folder) / "normalization.tsv"
    # SentencePiece refuses rules that change nothing, as that of a lower-case letter.
    lines = [f"{_hex(key)}\t{_hex(value)}\n" for key, value in rules.items() if key != value]
    write_text(path, "".join(lines))
    return {"normalization_rule_tsv": str(path)}


def _rules_of(normalization):
    """The rules of one of SentencePiece's maps, strings by strings."""
    if normalization == "identity":
        return {}
    return dict(sentencepiece.SentencePieceNormalizer(rule_name=normalization).decompile())


def _lowercase_rules():
    """The lower case of every upper-case character."""
    characters = map(chr, range(0x110000))
    return {character: lower for character in characters if (lower := character.lower()) != character}


def _lower(text):
    """Letter by letter: whether a sigma ends a word is not looked at."""
    return "".join(character.lower() for character in text)


def _hex(text):
    return " ".join(f"{ord(character):X}" for character in text)
