import dataclasses
import sys

import tensorflow as tf

from keras_transformer.data import count_batches, repeat_rows, split_rows, token_batches
from keras_transformer.errors import InputError


@dataclasses.dataclass(frozen=True)
class RecipeBatches:
    """The batches that a recipe asks for.

    Args:
        recipe: a `Recipe`.
        pairs: sentence pairs by split, see `recipe_pairs`.
        tokenizers: the source's and the target's `Tokenizer`.
        steps_per_epoch: optimizer steps of an epoch.
        validation: `tf.data.Dataset` of the validation batches, as many as it knows.
    """

    recipe: object
    pairs: dict
    tokenizers: tuple
    steps_per_epoch: int
    validation: tf.data.Dataset

    @property
    def batches_per_epoch(self):
        """What `fit` calls `steps_per_epoch`: every part of an accumulated step counts."""
        return self.steps_per_epoch * self.recipe.training.accumulation_steps

    def train(self, first_step=0):
        """The endless stream of training batches.

        Args:
            first_step: optimizer steps that were trained before. Default 0.
        """
        training = self.recipe.training
        stream = _token_batches(
            self.recipe,
            self.pairs["train"],
            self.tokenizers,
            # An epoch of a length of its own takes up where the one before it ended.
            steps_per_epoch=None if training.steps_per_epoch else self.steps_per_epoch,
            first_step=first_step,
            **_of_training(self.recipe),
        )
        if training.accumulation_steps > 1:
            stream = split_rows(stream, training.accumulation_steps)
        return _with_copies(self.recipe, stream)


def recipe_batches(recipe, pairs, tokenizers):
    """The batches of a recipe, counted.

    Args:
        recipe: a `Recipe`.
        pairs: sentence pairs by split, see `recipe_pairs`.
        tokenizers: the source's and the target's `Tokenizer`.

    Raises:
        InputError: no pair is left to train or to validate on.
    """
    print("Counting the batches ...", file=sys.stderr)
    steps = recipe.training.steps_per_epoch
    train = _token_batches(recipe, pairs["train"], tokenizers, steps_per_epoch=steps, **_of_training(recipe))
    steps_per_epoch, padding = _count("train", train)
    validation_steps, _ = _count("validation", _token_batches(recipe, pairs["validation"], tokenizers))
    validation = _token_batches(recipe, pairs["validation"], tokenizers, steps_per_epoch=validation_steps)
    print(f"{steps_per_epoch:,} batches an epoch, {padding:.1%} of their tokens are padding.", file=sys.stderr)
    return RecipeBatches(recipe, pairs, tokenizers, steps_per_epoch, _with_copies(recipe, validation))


def _token_batches(recipe, pairs, tokenizers, **arguments):
    return token_batches(
        pairs,
        *tokenizers,
        batch_tokens=recipe.training.batch_tokens,
        max_length=recipe.data.max_length,
        fixed_shapes=recipe.training.jit_compile,
        **arguments,
    )


def _of_training(recipe):
    return {"shuffle": True, "seed": recipe.training.seed, "sampling": recipe.vocabulary.sampling}


def _with_copies(recipe, batches):
    return repeat_rows(batches, copies=2) if recipe.training.r_drop else batches


def _count(split, batches):
    try:
        return count_batches(batches)
    except InputError as error:
        raise InputError(f"{split} data: {error}") from None
