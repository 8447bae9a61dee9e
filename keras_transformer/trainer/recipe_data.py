"""Sentence pairs and tokenizers from the `[data]` and `[vocabulary]` sections of a recipe."""

import functools
import itertools

import tensorflow as tf

from keras_transformer.corpora.phrases import phrase_splits
from keras_transformer.data import listed_pairs, split_pairs, text_of_pairs, text_pairs, tsv_pairs
from keras_transformer.data.check_files import text_rows_from
from keras_transformer.data.mixed_pairs import mixed_pairs, mixed_rows
from keras_transformer.data.sentence_pairs import SPLITS, streamed_pairs
from keras_transformer.data.text_preparation import TextPreparation
from keras_transformer.moved_modules import moved_names
from keras_transformer.text import Tokenizers, learn_vocabulary
from keras_transformer.text.glossary import Glossary
from keras_transformer.text.placeholders import Placeholders
from keras_transformer.text.tagged_tokenizer import with_tag, without_tags
from keras_transformer.text.target_tags import target_tag
from keras_transformer.trainer.recipe_inputs import load_tokenizer, rows_of_corpora

__getattr__ = moved_names(__name__)

# Number of pairs whose placeholders are replaced at a time.
_PAIRS_AT_ONCE = 1024


def recipe_pairs(data, counts=()):
    """Reads the sentence pairs of a recipe by split.

    Args:
        data: the `[data]` section.
        counts: number of pairs of each training corpus. Only several corpora, or a weight, need it. Default: none.

    Returns:
        A dictionary with `tf.data.Dataset`s of `(source, target)` scalar strings: "train", "validation" and, with
        `held_out`, "test". With `train_alignments`, also "aligned", the `(source, target, alignment)` of "train".
    """
    if data.train_alignments:
        return without_alignments(_aligned_pairs(data, counts))
    if data.corpus:
        return {split: listed_pairs(pairs) for split, pairs in phrase_splits().items()}
    train = _pairs_of_split(data, "train")
    if not data.held_out:
        validation = _validation_pairs(data)
        return {"train": mixed_training_pairs(data, counts) if data.is_mixed else train, "validation": validation}
    pairs = {split: split_pairs(train, split, data.held_out) for split in SPLITS}
    if data.is_mixed:
        pairs["train"] = split_pairs(mixed_training_pairs(data, counts), "train", data.held_out)
    return pairs


def without_alignments(pairs):
    """Splits the alignments off a dictionary of `tf.data.Dataset`s by split. See `recipe_pairs`."""
    aligned = {split: dataset for split, dataset in pairs.items() if len(dataset.element_spec) > 2}
    if not aligned:
        return pairs
    texts = {split: dataset.map(lambda source, target, _: (source, target)) for split, dataset in aligned.items()}
    return {**pairs, **texts, "aligned": aligned["train"]}


def _aligned_pairs(data, counts):
    """Returns the pairs by split, those of "train" with alignments. With `held_out`, other splits have them, too."""
    corpora = rows_of_corpora(data, "train")

    def each_once():
        return itertools.chain.from_iterable(rows() for rows in corpora)

    train = each = streamed_pairs(each_once, columns=3)
    if data.is_mixed:
        train = mixed_pairs(corpora, data.weight_of_corpora, counts, columns=3)
    if data.held_out:
        return {split: split_pairs(train if split == "train" else each, split, data.held_out) for split in SPLITS}
    if data.corpus:
        others = phrase_splits()
        return {**{split: listed_pairs(pairs) for split, pairs in others.items()}, "train": train}
    return {"train": train, "validation": _validation_pairs(data)}


def training_pairs_from(data, counts):
    """Returns a function that reads the training pairs from an index on, or None if there is no faster way than `skip`.

    The index of a pair in the files is unknown if pairs are held out. Arguments: see `recipe_pairs`.
    """
    if data.corpus or data.held_out or data.train_alignments or (data.directions and not data.is_mixed):
        return None
    corpora = rows_of_corpora(data, "train")

    def rows_from(first):
        if len(corpora) == 1 and not (data.is_mixed or data.files("train_pairs")):
            return text_rows_from(*data.files("train_source"), *data.files("train_target"), first)
        rows = (
            mixed_rows(corpora, data.weight_of_corpora, counts)
            if data.is_mixed
            else itertools.chain.from_iterable(corpus() for corpus in corpora)
        )
        return itertools.islice(rows, first, None)

    return lambda first: streamed_pairs(lambda: rows_from(first))


def mixed_training_pairs(data, counts):
    """Returns the training pairs of an epoch from several corpora, read from files. Arguments: see `recipe_pairs`."""
    return mixed_pairs(rows_of_corpora(data, "train"), data.weight_of_corpora, counts)


def validation_of_directions(data):
    """Returns the validation pairs of each direction, a dictionary of `tf.data.Dataset`s, without tags."""
    pairs = {}
    for direction, corpus in zip(data.directions_of("validation"), _corpora(data, "validation"), strict=True):
        pairs[direction] = pairs[direction].concatenate(corpus) if direction in pairs else corpus
    return pairs


def _validation_pairs(data):
    """Returns the validation pairs. Directions are mixed evenly, because some scores are those of the first pairs."""
    if not data.directions:
        return _pairs_of_split(data, "validation")
    corpora = rows_of_corpora(data, "validation")

    @functools.cache  # The files are read for it at the first pass only, and not at all if their text is in memory.
    def counts():
        return [sum(1 for _ in rows()) for rows in corpora]

    return streamed_pairs(lambda: mixed_rows(corpora, [1] * len(corpora), counts()))


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
        return Tokenizers(load_tokenizer(vocabulary.file))
    if vocabulary.source_file:
        return Tokenizers(load_tokenizer(vocabulary.source_file), load_tokenizer(vocabulary.target_file))
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
