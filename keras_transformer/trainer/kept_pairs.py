"""Makes the datasets of a training from its text in memory or from its files."""

import functools
import itertools

from keras_transformer.data import listed_pairs, split_pairs
from keras_transformer.data.mixed_pairs import mixed_rows
from keras_transformer.data.sentence_pairs import SPLITS
from keras_transformer.errors import InputError
from keras_transformer.trainer.recipe_data import recipe_pairs, without_alignments


def pairs_of_text(data, kept, counts):
    """Returns the datasets of all splits of a `TrainingText`, from memory or from files.

    Raises:
        InputError: too few pairs are left with `held_out`.
    """
    pairs = _pairs(data, kept, counts)
    if data.held_out:
        _check_held_out(data, pairs)
    return pairs


def _pairs(data, kept, counts):
    pairs = recipe_pairs(data, counts)
    if data.corpus and not data.train_alignments:
        return pairs
    if kept["validation"]:
        # In the order of `recipe_pairs`, which the other processes use.
        corpora = [functools.partial(iter, rows) for rows in kept["validation"]]
        sizes = list(map(len, kept["validation"]))
        mixed = (
            mixed_rows(corpora, [1] * len(sizes), sizes) if data.directions else itertools.chain(*kept["validation"])
        )
        pairs["validation"] = listed_pairs(list(mixed))
    if not kept["train"]:
        return pairs
    train = each = listed_pairs(list(itertools.chain(*kept["train"])))
    if data.is_mixed:
        corpora = [functools.partial(iter, rows) for rows in kept["train"]]
        train = listed_pairs(list(mixed_rows(corpora, data.weight_of_corpora, counts)))
    if not data.held_out:
        return without_alignments({**pairs, "train": train})
    # Held-out pairs are not repeated.
    splits = {split: split_pairs(train if split == "train" else each, split, data.held_out) for split in SPLITS}
    return without_alignments(splits)


def _check_held_out(data, pairs):
    for split in ("train", "validation"):
        if not any(True for _ in pairs[split].take(1)):
            raise InputError(
                f"[data] held_out = {data.held_out} leaves no pair for {split}. Use another fraction, or files for "
                "validation."
            )
