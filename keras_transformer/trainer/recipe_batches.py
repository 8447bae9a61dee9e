import dataclasses
import sys
import warnings

import tensorflow as tf

from keras_transformer.data import (
    BatchPositions,
    DroppedPairs,
    RowService,
    count_pairs,
    repeat_rows,
    split_rows,
    take_rows,
    token_batches,
    weigh_rows,
)
from keras_transformer.errors import InputError
from keras_transformer.processes.joined_processes import Processes
from keras_transformer.processes.shared_result import result_of_first
from keras_transformer.text import Tokenizers
from keras_transformer.trainer.compiled_model import compiles
from keras_transformer.trainer.recipe_data import recipe_preparations


@dataclasses.dataclass(frozen=True)
class RecipeBatches:
    """The training and validation batches of a recipe.

    Args:
        recipe: a `Recipe`.
        pairs: sentence pairs by split, and those with alignments, see `recipe_pairs`.
        tokenizers: the `Tokenizers`.
        optimizer_steps_per_epoch: number of optimizer steps of an epoch.
        validation: `tf.data.Dataset` of the validation batches, with known cardinality.
        processes: the `Processes` of a joint training. Each gets a share of the rows of every batch.
        row_service: the service of the training batches, or None if every process makes all batches.
        dropped: the `DroppedPairs` of "train" and of "validation".
        longest_source: number of tokens of the longest training source, without the end token, or None if not all of
            the text was counted.
        positions: the `BatchPositions` of the training batches.
        counts: the numbers of batches and pairs by split, as values for JSON.
    """

    recipe: object
    pairs: dict
    tokenizers: Tokenizers
    optimizer_steps_per_epoch: int
    validation: tf.data.Dataset
    processes: Processes
    row_service: RowService | None
    dropped: dict
    longest_source: int | None
    positions: BatchPositions
    counts: dict

    @property
    def steps_per_epoch(self):
        """The argument `steps_per_epoch` of `fit`, in which every part of an accumulated step counts."""
        return self.optimizer_steps_per_epoch * self.recipe.training.accumulation_steps

    @property
    def whole_validation(self):
        """The validation batches with the rows of all processes."""
        steps = int(self.validation.cardinality())
        return token_batches(
            self.pairs["validation"],
            self.tokenizers,
            steps_per_epoch=steps,
            **_of_validation(self.recipe, self.tokenizers),
        )

    def train(self, first_step=0):
        """Returns the endless stream of training batches.

        Args:
            first_step: number of optimizer steps that were trained before. Default 0.
        """
        training = self.recipe.training
        num_bidirectional = training.bidirectional_epochs * self.optimizer_steps_per_epoch
        if num_bidirectional:
            # The batches after them are a separate stream, so that no batches are skipped.
            stream = self._stream(max(0, first_step - num_bidirectional), training.seed + 1)
            if first_step < num_bidirectional:
                bidirectional = self._stream(first_step, training.seed, reversal=0.5)
                stream = bidirectional.take(num_bidirectional - first_step).concatenate(stream)
        else:
            stream = self._stream(first_step, training.seed)
        if training.accumulation_steps > 1:
            stream = split_rows(stream, training.accumulation_steps)
        shared = self.row_service.share(stream) if self.row_service else _rows_of_process(stream, self.processes)
        return _copies(self.recipe, shared)

    def _stream(self, first_step, seed, reversal=0.0):
        """Returns endless batches of the training pairs from this step on, in complete optimizer steps."""
        return token_batches(
            self.pairs.get("aligned", self.pairs["train"]),
            self.tokenizers,
            # With a given number of steps, an epoch begins where the previous one ended.
            steps_per_epoch=None if self.recipe.training.optimizer_steps_per_epoch else self.optimizer_steps_per_epoch,
            first_step=first_step,
            reversal=reversal,
            # The bidirectional stream is another one.
            positions=None if reversal else self.positions,
            seed=seed,
            **_of_training(self.recipe, self.tokenizers),
        )


def recipe_batches(recipe, pairs, tokenizers, processes, pairs_from=None, counts=None):
    """Makes and counts the batches of a recipe.

    Args:
        recipe: a `Recipe`.
        pairs: sentence pairs by split, see `recipe_pairs`.
        tokenizers: the `Tokenizers`.
        processes: the `Processes` that train together.
        pairs_from: see `BatchPositions`. Default None.
        counts: `counts` of an earlier `RecipeBatches` of the same recipe and text. Default None: they are counted.

    Raises:
        InputError: no pair is left for training or for validation.
    """
    counts = result_of_first(processes, lambda: counts or _counts(recipe, pairs, tokenizers))
    steps_per_epoch, padding, _, longest_source = counts["train"]
    validation_steps = counts["validation"][0]
    dropped = {split: DroppedPairs(**numbers) for split, (_, _, numbers, _) in counts.items()}
    validation = token_batches(
        pairs["validation"], tokenizers, steps_per_epoch=validation_steps, **_of_validation(recipe, tokenizers)
    )
    print(f"{steps_per_epoch:,} batches per epoch, {padding:.1%} of the tokens are padding.", file=sys.stderr)
    longest_source = longest_source if dropped["train"].is_whole else None
    if processes.is_first:
        _report(dropped)
    if recipe.training.accumulation_steps > 1:
        validation = weigh_rows(validation)
    validation = _copies(recipe, _rows_of_process(validation, processes))
    row_service = None
    if processes.data_service:
        print(f"Process 0 makes the batches, at {processes.data_service}.", file=sys.stderr)
        row_service = RowService(processes.data_service, processes.index, processes.count, processes.devices)
    return RecipeBatches(
        recipe,
        pairs,
        tokenizers,
        steps_per_epoch,
        validation,
        processes,
        row_service,
        dropped,
        longest_source,
        BatchPositions(pairs_from),
        counts,
    )


def _of_validation(recipe, tokenizers):
    return {
        "batch_tokens": recipe.training.batch_tokens,
        "max_length": recipe.data.max_length,
        "fixed_shapes": compiles(recipe.training),
        "preparation": recipe_preparations(recipe.data, tokenizers)[1],
    }


def _of_training(recipe, tokenizers):
    return {
        **_of_validation(recipe, tokenizers),
        "preparation": recipe_preparations(recipe.data, tokenizers)[0],
        "shuffle": True,
        "sampling": recipe.vocabulary.sampling,
        "concatenation": recipe.training.concatenation,
        "word_dropout": recipe.training.word_dropout,
    }


def _rows_of_process(batches, processes):
    if processes.count * processes.devices == 1:
        return batches
    return take_rows(batches, processes.index, processes.count, processes.devices)


def _copies(recipe, batches):
    return repeat_rows(batches, copies=2) if recipe.training.r_drop else batches


def _counts(recipe, pairs, tokenizers):
    """Returns the results of `count_pairs` for both splits, as values for JSON."""
    of_train = {
        "steps_per_epoch": recipe.training.optimizer_steps_per_epoch,
        "seed": recipe.training.seed,
        **_of_training(recipe, tokenizers),
    }
    print("Counting the batches ...", file=sys.stderr)
    arguments = {"train": of_train, "validation": _of_validation(recipe, tokenizers)}
    counts = {}
    for split, of_split in arguments.items():
        num_batches, padding, dropped, longest_source = _count(split, pairs, tokenizers, **of_split)
        counts[split] = [num_batches, padding, dataclasses.asdict(dropped), longest_source]
    return counts


def _count(split, pairs, tokenizers, **arguments):
    try:
        return count_pairs(pairs[split], tokenizers, **arguments)
    except InputError as error:
        raise InputError(f"{split} data: {error}") from None


def _report(dropped):
    """Prints the numbers of dropped pairs, and warns if most pairs were dropped."""
    for split, pairs in dropped.items():
        if pairs.is_most:
            cure = "Raise [data] max_length" if pairs.too_long > pairs.blank else "Remove empty lines from the files"
            warnings.warn(f"{split}: {pairs}. {cure}.", stacklevel=2)
        else:
            print(f"{split}: {pairs}.", file=sys.stderr)
