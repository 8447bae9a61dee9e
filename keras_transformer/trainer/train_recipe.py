"""Trains a model by a recipe and writes the model folder."""

import contextlib
import os

import keras

from keras_transformer.data import text_of_pairs
from keras_transformer.files.folder_lock import CHECKPOINTS_NAME, STATE_NAME, held_folder
from keras_transformer.models.dtype_policy import dtype_policy
from keras_transformer.moved_modules import moved_names
from keras_transformer.processes.command_process import last_words
from keras_transformer.processes.joined_processes import join_processes
from keras_transformer.processes.joint_training import joint_training
from keras_transformer.recipes import Recipe
from keras_transformer.recipes.recipe_files import save_recipe
from keras_transformer.saving.model_files import TEST_NAMES
from keras_transformer.saving.written_folder import save_pairs
from keras_transformer.trainer.batch_counts_file import keep_counts
from keras_transformer.trainer.data_files import DATA_FILES_NAME, check_same_data_files, keep_data_files
from keras_transformer.trainer.directions import finished_translator, save_validation_pairs
from keras_transformer.trainer.evaluation_callbacks import evaluation_callbacks
from keras_transformer.trainer.finished_model import FinishedModel
from keras_transformer.trainer.initial_model import initial_weights, keep_initial_model
from keras_transformer.trainer.minimum_risk_tuning import MinimumRiskTuning, tune_if_better
from keras_transformer.trainer.prepared_training import prepare_training
from keras_transformer.trainer.resumed_recipe import RECIPE_NAME
from keras_transformer.trainer.shared_recipe import check_same_recipe
from keras_transformer.trainer.streamed_text import STREAMED_TEXT_NAME, keep_streamed_text
from keras_transformer.trainer.training_checks import check_output
from keras_transformer.trainer.training_inputs import training_inputs
from keras_transformer.trainer.training_run import TENSORBOARD_NAME, TrainingRun
from keras_transformer.translator import Translator

__getattr__ = moved_names(__name__)

# Number of validation pairs in the model folder, for the verification of exports.
_KEPT_PAIRS = 200


def train_recipe(recipe: Recipe, output: str | os.PathLike, resume: bool = False) -> Translator | None:
    """Trains a model by a recipe with `model.fit` and writes the model folder. See also `train`.

    Args:
        recipe: a `Recipe`.
        output: the model folder to write. It must not have a model yet, unless `resume` is True.
        resume: whether to continue an interrupted training. Default False.

    Returns:
        The `Translator` with the final weights, averaged if the recipe sets it. None with Keras on JAX, which does not
        support translation.

    Raises:
        InputError: an input of the recipe cannot be used (raised before any work starts), or the loss is not finite.

    Example:

    >>> from keras_transformer.trainer.train_recipe import train_recipe
    >>> translator = train_recipe(kt.recipes.load_recipe("my.toml"), "models/my")
    """
    with joint_training() as watch:
        # The text is checked before the processes are joined, which takes time.
        return train_prepared(prepare_training(recipe, output, resume), watch)


def train_prepared(prepared, watch):
    """Trains a model as `train_recipe` does.

    Args:
        prepared: a `PreparedTraining`.
        watch: the result of `joint_training`.

    Returns:
        See `train_recipe`.
    """
    recipe, output, resume, text = prepared
    if text.data is not None:
        text.pairs  # noqa: B018 (its errors are raised before any work starts)
    processes = join_processes(watch)
    with contextlib.ExitStack() as folder:
        if processes.is_first:
            folder.enter_context(held_folder(output))
            folder.enter_context(last_words(lambda: _advice_to_resume(output)))
            # Another training can have written to the folder since the first check.
            check_output(recipe, output, resume)
            if resume:
                check_same_data_files(text.files, output / CHECKPOINTS_NAME / DATA_FILES_NAME)
        keras.utils.set_random_seed(recipe.training.seed)
        check_same_recipe(recipe, resume, processes)
        inputs = training_inputs(prepared, processes)
        recipe, batches = inputs.recipe, inputs.batches
        if processes.is_first:
            _begin_folder(recipe, output, inputs.tokenizers, text, batches.counts, resume)
        processes.wait_for_first()  # With `held_out`, it reads the whole text for the test set.
        log_dir = output / TENSORBOARD_NAME if recipe.training.tensorboard else None
        evaluations = evaluation_callbacks(
            recipe.evaluation, inputs.pairs["validation"], inputs.text_tokenizers, log_dir, recipe.data.lowercase
        )
        weights = _initial_weights(recipe, output, resume, processes)
        run = TrainingRun(recipe, inputs.config, batches, evaluations, output, weights=weights)
        if watch:
            watch.training_begins()
        run.fit(resume)
        if not processes.is_first:
            return None
        model = FinishedModel(run, inputs, text, output)
        model.write(run.seconds)
        if recipe.minimum_risk.epochs:
            # The model is in the folder already, so nothing is lost if this stage fails.
            tuning = MinimumRiskTuning(
                recipe, model.translator, inputs.pairs["train"], batches, output / CHECKPOINTS_NAME
            )
            seconds, tuned = tune_if_better(tuning, model.validation)
            model.write(run.seconds + seconds, tuned)
        with dtype_policy("float32"):
            return finished_translator(model.translator, model.config, inputs.tokenizers)


def _advice_to_resume(output):
    """Returns the line that an interrupted training prints, or None if it cannot be resumed yet."""
    if not (output / RECIPE_NAME).is_file():
        return None
    if (output / CHECKPOINTS_NAME / STATE_NAME).is_file():
        return "Interrupted. --resume continues from the last save."
    return "Interrupted before the first save. --resume starts again with the same vocabulary."


def _begin_folder(recipe, output, tokenizers, text, counts, resume):
    keep_data_files(text.files, output / CHECKPOINTS_NAME / DATA_FILES_NAME)
    keep_counts(counts, output)
    keep_streamed_text(text.streamed, output / CHECKPOINTS_NAME / STREAMED_TEXT_NAME)
    if recipe.training.init_from and not resume:
        # Before the recipe, because a training with a recipe can be resumed.
        keep_initial_model(recipe.training.init_from, output)
    save_recipe(recipe, output / RECIPE_NAME)
    tokenizers.save(output)
    save_validation_pairs(output, recipe.data, text.pairs["validation"], _KEPT_PAIRS)
    if recipe.data.held_out and not (resume and all((output / name).is_file() for name in TEST_NAMES)):
        # The test set is stored nowhere else.
        save_pairs(output, TEST_NAMES, text_of_pairs(text.pairs["test"]))


def _initial_weights(recipe, output, resume, processes):
    """Returns the weights file of the model that the training starts from, None without one or with a saved state."""
    folder = recipe.training.init_from
    if not folder or (resume and (output / CHECKPOINTS_NAME / STATE_NAME).is_file()):
        return None
    return initial_weights(folder, output, is_kept=resume or processes.is_first)
