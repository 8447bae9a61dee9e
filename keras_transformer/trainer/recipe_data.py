"""Sentence pairs and tokenizers from the `[data]` and `[vocabulary]` sections of a recipe."""

import functools
import itertools
import os

import tensorflow as tf

from keras_transformer.corpora.phrases import phrase_splits
from keras_transformer.data import (
    listed_pairs,
    matching_files,
    split_pairs,
    text_of_pairs,
    text_pairs,
    text_rows,
    tsv_pairs,
    tsv_rows,
)
from keras_transformer.data.mixed_pairs import mixed_pairs
from keras_transformer.data.sentence_pairs import SPLITS
from keras_transformer.data.text_preparation import TextPreparation
from keras_transformer.errors import InputError
from keras_transformer.recipes.recipe_files import FILE_KEYS
from keras_transformer.text import Tokenizer, Tokenizers, learn_vocabulary
from keras_transformer.text.glossary import Glossary
from keras_transformer.text.placeholder_kinds import TERM, placeholder_kinds
from keras_transformer.text.placeholders import Placeholders
from keras_transformer.text.tagged_tokenizer import with_tag, without_tags
from keras_transformer.text.target_tags import target_tag, target_tags

# Number of pairs whose placeholders are replaced at a time.
_PAIRS_AT_ONCE = 1024


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
            tokenizer = _load_tokenizer(path)
            if vocabulary.sampling:
                try:
                    tokenizer.check_sampling()
                except InputError as error:
                    raise InputError(f"{path}: {error}") from None
            if path != vocabulary.target_file:
                check_tags(data, tokenizer, path)
            check_placeholders(data, tokenizer, path)


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

    With several directions, each source begins with the tag of its target's language.
    """
    if patterns := data.files(f"{split}_pairs"):
        columns = data.columns_of(split)
        corpora = [
            functools.partial(_rows_of_table, pattern, *each, digests)
            for pattern, each in zip(patterns, columns, strict=True)
        ]
    else:
        sides = (data.files(f"{split}_{side}") for side in ("source", "target"))
        corpora = [functools.partial(text_rows, *patterns, digests) for patterns in zip(*sides, strict=True)]
    if not data.directions:
        return corpora
    tags = [target_tag(target) for _, target in data.directions_of(split)]
    return [functools.partial(_tagged_rows, rows, tag) for rows, tag in zip(corpora, tags, strict=True)]


def _tagged_rows(rows, tag):
    return ((f"{tag} {source}", target) for source, target in rows())


def _rows_of_table(pattern, source_column, target_column, digests):
    return tsv_rows(matching_files(pattern), source_column, target_column, digests)


def recipe_pairs(data, counts=()):
    """Reads the sentence pairs of a recipe by split.

    Args:
        data: the `[data]` section.
        counts: number of pairs of each training corpus. Only several corpora, or a weight, need it. Default: none.

    Returns:
        A dictionary with `tf.data.Dataset`s of `(source, target)` scalar strings: "train", "validation" and, with
        `held_out`, "test".
    """
    if data.corpus:
        return {split: listed_pairs(pairs) for split, pairs in phrase_splits().items()}
    train = _pairs_of_split(data, "train")
    if not data.held_out:
        validation = _pairs_of_split(data, "validation")
        return {"train": mixed_training_pairs(data, counts) if data.is_mixed else train, "validation": validation}
    pairs = {split: split_pairs(train, split, data.held_out) for split in SPLITS}
    if data.is_mixed:
        pairs["train"] = split_pairs(mixed_training_pairs(data, counts), "train", data.held_out)
    return pairs


def mixed_training_pairs(data, counts):
    """Returns the training pairs of an epoch from several corpora, read from files. Arguments: see `recipe_pairs`."""
    return mixed_pairs(rows_of_corpora(data, "train"), data.weight_of_corpora, counts)


def validation_of_directions(data):
    """Returns the validation pairs of each direction, a dictionary of `tf.data.Dataset`s, without tags."""
    pairs = {}
    for direction, corpus in zip(data.directions_of("validation"), _corpora(data, "validation"), strict=True):
        pairs[direction] = pairs[direction].concatenate(corpus) if direction in pairs else corpus
    return pairs


def _pairs_of_split(data, split):
    """Returns the pairs of a split, each of them once, one corpus after the other."""
    parts = _corpora(data, split)
    if data.directions:
        directions = data.directions_of(split)
        parts = [with_tag(part, target_tag(target)) for part, (_, target) in zip(parts, directions, strict=True)]
    return functools.reduce(tf.data.Dataset.concatenate, parts)


def _corpora(data, split):
    if patterns := data.files(f"{split}_pairs"):
        columns = data.columns_of(split)
        return [tsv_pairs(pattern, *each) for pattern, each in zip(patterns, columns, strict=True)]
    sides = (data.files(f"{split}_{side}") for side in ("source", "target"))
    return [text_pairs(*patterns) for patterns in zip(*sides, strict=True)]


def recipe_tokenizers(recipe, train_pairs):
    """Loads the `Tokenizers` from the files of the recipe, or learns them.

    Args:
        recipe: a `Recipe`.
        train_pairs: `tf.data.Dataset` of the training pairs. Other splits are not used.

    Raises:
        InputError: the text does not support a vocabulary of that size.
    """
    if recipe.training.init_from:
        return Tokenizers.load(recipe.training.init_from)
    vocabulary = recipe.vocabulary.filled()
    if vocabulary.file:
        return Tokenizers(_load_tokenizer(vocabulary.file))
    if vocabulary.source_file:
        return Tokenizers(_load_tokenizer(vocabulary.source_file), _load_tokenizer(vocabulary.target_file))
    train_pairs = without_tags(train_pairs) if recipe.data.directions else train_pairs
    if recipe.data.placeholders:
        masked = train_pairs.batch(_PAIRS_AT_ONCE).map(Placeholders(recipe.data.placeholders).mask_pairs)
        train_pairs = masked.map(lambda *sides: sides).unbatch()

    def learn(lines):
        return learn_vocabulary(
            lines,
            vocabulary.size,
            vocabulary.model_type,
            recipe.data.lowercase,
            seed=recipe.training.seed,
            normalization=vocabulary.normalization,
            user_defined_symbols=recipe.symbols,
            character_coverage=vocabulary.character_coverage,
            split_digits=vocabulary.split_digits,
        )

    if vocabulary.shared:
        return Tokenizers(learn(itertools.chain.from_iterable(text_of_pairs(train_pairs))))
    return Tokenizers(
        learn(source for source, _ in text_of_pairs(train_pairs)),
        learn(target for _, target in text_of_pairs(train_pairs)),
    )


def recipe_preparations(data, tokenizers):
    """Returns the `TextPreparation` of the training text and that of the validation text, or None without placeholders.

    Args:
        data: the `[data]` section.
        tokenizers: the `Tokenizers`.
    """
    placeholders = tokenizers.placeholders
    if placeholders is None:
        return None, None
    glossary = Glossary.load(data.glossary) if data.glossary else None
    return (
        TextPreparation(placeholders, data.placeholder_rate, glossary, data.glossary_rate),
        TextPreparation(placeholders),
    )


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


def _load_tokenizer(path):
    try:
        return Tokenizer.load(path)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}.") from None
