"""Sentence pairs and tokenizers from the `[data]` and `[vocabulary]` sections of a recipe."""

import itertools
import os

from keras_transformer.corpora.phrases import phrase_splits
from keras_transformer.data import (
    listed_pairs,
    matching_files,
    split_pairs,
    text_of_pairs,
    text_pairs,
    tsv_pairs,
)
from keras_transformer.errors import InputError
from keras_transformer.recipes.recipe_files import FILE_KEYS
from keras_transformer.text import Tokenizer, Tokenizers, learn_vocabulary


def check_recipe_files(data, vocabulary):
    """Checks that every file of a recipe can be read, and reads vocabulary files.

    The text itself is checked when it is read, see `read_training_text`.

    Raises:
        InputError: a file is missing or unreadable, or a vocabulary cannot be used.
    """
    _check_text(data)
    for path in (vocabulary.file, vocabulary.source_file, vocabulary.target_file):
        if path:
            tokenizer = _load_tokenizer(path)
            if vocabulary.sampling:
                try:
                    tokenizer.check_sampling()
                except InputError as error:
                    raise InputError(f"{path}: {error}") from None


def _check_text(data):
    """Raises an error for a text file that is missing or unreadable. If it is missing, it has the text's homepage."""
    advice = ""
    if data.homepage:
        advice = f" The text is from {data.homepage} (see training/README.md). Set its folder with --data."
    for name in filter(None, (getattr(data, key) for key in FILE_KEYS["data"])):
        try:
            paths = matching_files(name)
        except InputError as error:
            raise InputError(f"{error}{advice}") from None
        for path in paths:
            _check_readable(path, advice)


def recipe_pairs(data):
    """Reads the sentence pairs of a recipe by split.

    Returns:
        A dictionary with `tf.data.Dataset`s of `(source, target)` scalar strings: "train", "validation" and, with
        `held_out`, "test".
    """
    if data.corpus:
        return {split: listed_pairs(pairs) for split, pairs in phrase_splits().items()}
    if data.train_pairs:
        train = tsv_pairs(data.train_pairs, data.source_column, data.target_column)
    else:
        train = text_pairs(data.train_source, data.train_target)
    if data.held_out:
        return {split: split_pairs(train, split, data.held_out) for split in ("train", "validation", "test")}
    if data.validation_pairs:
        return {"train": train, "validation": tsv_pairs(data.validation_pairs, data.source_column, data.target_column)}
    return {"train": train, "validation": text_pairs(data.validation_source, data.validation_target)}


def recipe_tokenizers(recipe, train_pairs):
    """Loads the `Tokenizers` from the files of the recipe, or learns them.

    Args:
        recipe: a `Recipe`.
        train_pairs: `tf.data.Dataset` of the training pairs. Other splits are not used.

    Raises:
        InputError: the text does not support a vocabulary of that size.
    """
    vocabulary = recipe.vocabulary.filled()
    if vocabulary.file:
        return Tokenizers(_load_tokenizer(vocabulary.file))
    if vocabulary.source_file:
        return Tokenizers(_load_tokenizer(vocabulary.source_file), _load_tokenizer(vocabulary.target_file))

    def learn(lines):
        return learn_vocabulary(
            lines,
            vocabulary.size,
            vocabulary.model_type,
            recipe.data.lowercase,
            seed=recipe.training.seed,
            normalization=vocabulary.normalization,
            user_defined_symbols=vocabulary.user_defined_symbols,
            character_coverage=vocabulary.character_coverage,
            split_digits=vocabulary.split_digits,
        )

    if vocabulary.shared:
        return Tokenizers(learn(itertools.chain.from_iterable(text_of_pairs(train_pairs))))
    return Tokenizers(
        learn(source for source, _ in text_of_pairs(train_pairs)),
        learn(target for _, target in text_of_pairs(train_pairs)),
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
