"""Checks of a training before any work starts, and of its number of steps."""

import os
import pathlib
import sys

from keras_transformer.errors import InputError, check_installed
from keras_transformer.files.folder_lock import CHECKPOINTS_NAME, LOCK_NAME, STATE_NAME
from keras_transformer.files.whole_files import is_leftover
from keras_transformer.metrics.text_scores import check_tokenizer
from keras_transformer.processes.keras_backend import keras_backend
from keras_transformer.saving.model_files import CONFIG_NAME
from keras_transformer.trainer.batch_counts_file import BATCH_COUNTS_NAME
from keras_transformer.trainer.data_files import DATA_FILES_NAME
from keras_transformer.trainer.initial_model import INITIAL_FACTS_NAME, INITIAL_WEIGHTS_NAME
from keras_transformer.trainer.memory_check import check_memory
from keras_transformer.trainer.recipe_inputs import check_recipe_files
from keras_transformer.trainer.resumed_recipe import (
    RECIPE_NAME,
    changed_key,
    described_free_keys,
    recipe_of_run,
    settled_recipe,
)
from keras_transformer.trainer.streamed_text import STREAMED_TEXT_NAME
from keras_transformer.trainer.training_length import total_epochs, total_steps


def check_before_training(recipe, output, resume=False, backend=None):
    """Raises the errors of `train_recipe` that can be detected before any work starts.

    Args:
        recipe: a `Recipe`.
        output: the model folder.
        resume: whether to continue an interrupted training. Default False.
        backend: Keras's backend for the training. Default: the current backend.
    """
    output = pathlib.Path(output)
    recipe = settled_recipe(recipe, output, resume)
    check_output(recipe, output, resume)
    check_memory(recipe.model_config_of(), recipe.training.lora_rank)
    check_recipe_files(recipe.data, recipe.vocabulary)
    if recipe.training.steps:
        _check_decay(recipe.training, recipe.training.steps)
    if recipe.evaluation.translates or recipe.evaluation.at_end or recipe.minimum_risk.epochs:
        check_tokenizer(recipe.evaluation.tokenize)
    if recipe.training.tensorboard:
        check_installed("tensorboard", extra="tensorboard")
    if (backend or keras_backend()) != "tensorflow":
        if recipe.evaluation.translates:
            raise InputError(
                "[evaluation] every: translating needs Keras on TensorFlow, in one process. Remove the key and set "
                'monitor = "val_loss".'
            )
        if recipe.minimum_risk.epochs:
            raise InputError(
                "[minimum_risk] epochs: translating needs Keras on TensorFlow, in one process. Remove the key."
            )


def check_output(recipe, output, resume):
    if not resume:
        if output.exists() and (not output.is_dir() or _is_used(output)):
            raise InputError(
                f"{output} exists already and is not overwritten. Choose another --output, or continue with --resume."
            )
        parent = next(folder for folder in (output, *output.absolute().parents) if folder.exists())
        if not parent.is_dir() or not os.access(parent, os.W_OK):
            raise InputError(f"{output}: cannot be created, because {parent} is not a folder or is not writable.")
        return
    if not (output / RECIPE_NAME).is_file():
        raise InputError(f"{output}: there is no interrupted training to resume. Start it without --resume.")
    if (output / CONFIG_NAME).is_file() and not (output / CHECKPOINTS_NAME / STATE_NAME).is_file():
        raise InputError(
            f"{output}: the training is finished and its checkpoints were removed, so it cannot be continued. Choose "
            f"another --output, and start from this model with --init-from {output}."
        )
    changed = changed_key(recipe_of_run(output), recipe)
    if changed:
        raise InputError(
            f"{output}: {changed} of the recipe differs from the interrupted training (see {output / RECIPE_NAME}). "
            f"Resume with the same recipe. These keys can change: {described_free_keys(changed)}."
        )


def _is_used(output):
    """Returns whether a folder has more files than those of a training that was killed before its first step."""
    kept = (
        *(LOCK_NAME, DATA_FILES_NAME, BATCH_COUNTS_NAME, STREAMED_TEXT_NAME),
        *(INITIAL_WEIGHTS_NAME, INITIAL_FACTS_NAME),
    )
    left = {CHECKPOINTS_NAME, *(f"{CHECKPOINTS_NAME}/{name}" for name in kept)}
    others = (path for path in output.rglob("*") if not is_leftover(path))
    return any(str(path.relative_to(output)) not in left for path in others)


def check_lengths(recipe, optimizer_steps_per_epoch):
    """Raises an error for a setting that needs more steps than the training has."""
    steps = total_steps(recipe.training, optimizer_steps_per_epoch)
    _check_decay(recipe.training, steps)
    epochs = total_epochs(recipe.training, optimizer_steps_per_epoch)
    recipe.training.check_length(epochs)
    recipe.evaluation.check_length(epochs, steps)


def _check_decay(training, steps):
    if training.decay != "inverse_sqrt" and steps <= (training.warmup_steps or 0):
        raise InputError(
            f"[training] decay = {training.decay!r} needs more steps than warmup_steps. Received: "
            f"warmup_steps={training.warmup_steps}, {steps} steps in all."
        )


def warn_of_training(training, steps):
    if training.bidirectional_epochs:
        _warn(
            "[training] bidirectional_epochs is deprecated: it did not improve any measured training. Version "
            "1.0 removes it."
        )
    if 2 * training.warmup_steps > steps:
        _warn(
            f"[training] warmup_steps = {training.warmup_steps:,} is more than half of the {steps:,} steps of "
            "this training, so the learning rate is too low for most of it. Set warmup_steps = "
            f"{max(1, steps // 10):,} (the default: a tenth of the steps), or raise epochs."
        )


def _warn(message):
    print(f"Warning: {message}", file=sys.stderr)
