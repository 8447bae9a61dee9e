"""Normalisation rules of a learned vocabulary: one of SentencePiece's maps with additional rules."""

import pathlib

import sentencepiece

from keras_transformer.files.whole_files import write_text

# SentencePiece's names. "nmt_nfkc" is Unicode's NFKC with spaces for invisible separators and without control
# characters; "nmt_nfkc_cf" folds case as well.
NORMALIZATIONS = ("nmt_nfkc", "nfkc", "nmt_nfkc_cf", "identity")
# They become spaces, so that a translation stays in one line and one column.
_SEPARATORS = "\t\n\r"
_MAP_SEPARATORS = ("nmt_nfkc", "nmt_nfkc_cf")


def normalization_options(normalization, lowercase, folder):
    """Returns the normalisation arguments of SentencePiece's trainer.

    Args:
        normalization: one of `NORMALIZATIONS`.
        lowercase: whether each character of the map's results is lower-cased as well.
        folder: a folder for the file of rules, which the trainer reads.

    Returns:
        A dictionary of arguments of `SentencePieceTrainer.train`.
    """
    if normalization in _MAP_SEPARATORS and not lowercase:
        return {"normalization_rule_name": normalization}
    rules = _rules_of(normalization) | dict.fromkeys(_SEPARATORS, " ")
    if lowercase:
        # Results of a rule are not mapped again, so the results in the map are lower-cased.
        rules = _lowercase_rules() | {key: _lower(value) for key, value in rules.items()}
    path = pathlib.Path(folder) / "normalization.tsv"
    # SentencePiece rejects rules that change nothing, such as those of lower-case letters.
    lines = [f"{_hex(key)}\t{_hex(value)}\n" for key, value in rules.items() if key != value]
    write_text(path, "".join(lines))
    return {"normalization_rule_tsv": str(path)}


def _rules_of(normalization):
    """Returns the rules of one of SentencePiece's maps, from string to string."""
    if normalization == "identity":
        return {}
    return dict(sentencepiece.SentencePieceNormalizer(rule_name=normalization).decompile())


def _lowercase_rules():
    """Returns the rules from every upper-case character to its lower case."""
    characters = map(chr, range(0x110000))
    return {character: lower for character in characters if (lower := character.lower()) != character}


def _lower(text):
    """Lower-cases each letter separately, without a special case for a sigma at the end of a word."""
    return "".join(character.lower() for character in text)


def _hex(text):
    return " ".join(f"{ord(character):X}" for character in text)
