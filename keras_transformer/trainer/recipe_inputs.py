"""Checks and reads the files of the `[data]` and `[vocabulary]` sections of a recipe, without TensorFlow."""

import functools
import itertools
import os

from keras_transformer.corpora.phrases import phrase_splits
from keras_transformer.data import matching_files, text_rows, tsv_rows
from keras_transformer.data.aligned_rows import aligned_rows
from keras_transformer.errors import InputError
from keras_transformer.recipes.recipe_files import FILE_KEYS
from keras_transformer.text import Tokenizer
from keras_transformer.text.glossary import Glossary
from keras_transformer.text.placeholder_kinds import TERM, placeholder_kinds
from keras_transformer.text.target_tags import target_tag, target_tags


def check_recipe_files(data, vocabulary):
    """Checks that every file of a recipe can be read, and reads vocabulary files.

    The text itself is checked when it is read, see `read_training_text`.

    Raises:
        InputError: a file is missing or unreadable, or a vocabulary cannot be used.
    """
    _check_text(data)
    if data.glossary:
        Glossary.load(data.glossary)
    for path in (vocabulary.file, vocabulary.source_file, vocabulary.target_file):
        if path:
            tokenizer = load_tokenizer(path)
            if vocabulary.sampling:
                try:
                    tokenizer.check_sampling()
                except InputError as error:
                    raise InputError(f"{path}: {error}") from None
            if path != vocabulary.target_file:
                check_tags(data, tokenizer, path)
            check_placeholders(data, tokenizer, path)
            check_alignments(data, tokenizer, path)


def check_tags(data, tokenizer, name):
    """Raises an InputError if a vocabulary that is not learned lacks the tag of a direction.

    Args:
        data: the `[data]` section.
        tokenizer: the `Tokenizer` of the source.
        name: beginning of the message.
    """
    known = {tag.code for tag in target_tags(tokenizer)}
    missing = [target for _, target in data.directions if target not in known]
    if missing:
        raise InputError(
            f"{name}: the vocabulary has no tag {target_tag(missing[0])} for [data] target_language. It has tags of: "
            f"{', '.join(sorted(known)) or 'no language'}. Learn a vocabulary, or one with this tag in "
            "user_defined_symbols."
        )


def check_alignments(data, tokenizer, name):
    """Raises an InputError if words are aligned, but a vocabulary that is not learned replaces them by placeholders."""
    if data.train_alignments and placeholder_kinds(tokenizer.symbols):
        raise InputError(
            f"{name}: [data] train_alignments excludes a vocabulary with symbols of placeholders, which replace words. "
            "Use another vocabulary, or remove train_alignments."
        )


def check_placeholders(data, tokenizer, name):
    """Raises an InputError if a vocabulary that is not learned lacks the symbols of a kind of placeholders.

    Args:
        data: the `[data]` section.
        tokenizer: a `Tokenizer`.
        name: beginning of the message.
    """
    known = placeholder_kinds(tokenizer.symbols)
    missing = [kind for kind in data.placeholders if kind not in known]
    if missing:
        raise InputError(
            f"{name}: the vocabulary has no symbols for [data] placeholders = [{missing[0]!r}]. It has those of: "
            f"{', '.join(known) or 'no kind'}. Remove the key, or learn a vocabulary."
        )
    if data.glossary and TERM not in known:
        raise InputError(f"{name}: the vocabulary has no symbols for the terms of [data] glossary. Remove the key.")


def _check_text(data):
    """Raises an error for a text file that is missing or unreadable. If it is missing, it has the text's homepage."""
    advice = ""
    if data.homepage:
        advice = f" The text is from {data.homepage} (see training/README.md). Set its folder with --data."
    for name in itertools.chain.from_iterable(data.files(key) for key in FILE_KEYS["data"]):
        try:
            paths = matching_files(name)
        except InputError as error:
            raise InputError(f"{error}{advice}") from None
        for path in paths:
            _check_readable(path, advice)


def rows_of_corpora(data, split, digests=None):
    """Returns a function for each corpus of a split, which returns an iterator of its checked `(source, target)` rows.

    Args:
        data: the `[data]` section.
        split: "train" or "validation".
        digests: a dictionary that gets a SHA-256 hash object for each path. Default None.

    With several directions, each source begins with the tag of its target's language. With `train_alignments`, rows of
    "train" are `(source, target, alignment)`.
    """
    if data.corpus:
        corpora = [lambda: iter(phrase_splits()[split])]
    elif patterns := data.files(f"{split}_pairs"):
        columns = data.columns_of(split)
        corpora = [
            functools.partial(_rows_of_table, pattern, *each, digests)
            for pattern, each in zip(patterns, columns, strict=True)
        ]
    else:
        sides = (data.files(f"{split}_{side}") for side in ("source", "target"))
        corpora = [functools.partial(text_rows, *patterns, digests) for patterns in zip(*sides, strict=True)]
    if split == "train" and data.train_alignments:
        # Before the tags, because positions are those of the text.
        files = data.files("train_alignments")
        corpora = [
            functools.partial(_aligned_rows, rows, pattern, digests)
            for rows, pattern in zip(corpora, files, strict=True)
        ]
    if not data.directions:
        return corpora
    tags = [target_tag(target) for _, target in data.directions_of(split)]
    return [functools.partial(_tagged_rows, rows, tag) for rows, tag in zip(corpora, tags, strict=True)]


def _tagged_rows(rows, tag):
    return ((f"{tag} {source}", *others) for source, *others in rows())


def _aligned_rows(rows, pattern, digests):
    return aligned_rows(rows(), matching_files(pattern), digests)


def _rows_of_table(pattern, source_column, target_column, digests):
    return tsv_rows(matching_files(pattern), source_column, target_column, digests)


def recipe_config(recipe, tokenizers):
    """Returns the `TransformerConfig` of the recipe's model for these `Tokenizers`."""
    target_size = None if tokenizers.is_shared else tokenizers.target.vocabulary_size
    return recipe.model_config_of(tokenizers.source.vocabulary_size, target_size)


def _check_readable(path, advice):
    if not path.exists():
        raise InputError(f"{path}: No such file or directory.{advice}")
    if path.is_dir():
        raise InputError(f"{path}: Is a directory.")
    if not os.access(path, os.R_OK):
        raise InputError(f"{path}: Permission denied.")


def load_tokenizer(path):
    """Loads the `Tokenizer` of a recipe. The error of a missing file has one line."""
    try:
        return Tokenizer.load(path)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}.") from None
