"""From a recipe to a model folder: the whole way of a training."""

import contextlib
import importlib.util
import itertools
import pathlib
import sys
import time

import keras

from keras_transformer import model_folder
from keras_transformer.callbacks import (
    EarlyStopping,
    EpochCheckpoints,
    LearningRate,
    StopAfterSteps,
    StopOnNonFiniteLoss,
    TokensPerSecond,
    TrainingState,
)
from keras_transformer.errors import InputError
from keras_transformer.models import build_transformer
from keras_transformer.models.dtype_policy import dtype_policy
from keras_transformer.processes import alone, join_processes
from keras_transformer.recipes.compiled_model import compiled_model
from keras_transformer.recipes.evaluation_callbacks import evaluation_callbacks
from keras_transformer.recipes.history import HISTORY_NAME, drop_epochs
from keras_transformer.recipes.model_card import validation_scores, write_model_card
from keras_transformer.recipes.recipe import MONITORS
from keras_transformer.recipes.recipe_batches import recipe_batches
from keras_transformer.recipes.recipe_data import check_recipe_files, recipe_pairs, recipe_tokenizers, text_of_pairs
from keras_transformer.recipes.recipe_files import load_recipe, save_recipe
from keras_transformer.translator import Translator

RECIPE_NAME = "recipe.toml"
CHECKPOINTS_NAME = "checkpoints"
STATE_NAME = "state.npz"
TENSORBOARD_NAME = "tensorboard"
# Validation pairs that the model folder holds, for the proof of an export.
_KEPT_PAIRS = 200
# What may change when a training is resumed; all else would not be the same training.
_FIXED_SECTIONS = ("data", "vocabulary", "model")
_FREE_TRAINING_KEYS = {
    "epochs",
    "steps",
    "learning_rate",
    "warmup_steps",
    "decay",
    "average_checkpoints",
    "average_of",
    "save_every",
    "tensorboard",
}


def train_recipe(recipe, output, resume=False):
    """Trains a model with `model.fit` as the recipe says and writes the model folder.

    Args:
        recipe: a `Recipe`.
        output: the model folder to write; it must not hold a model yet, unless `resume`.
        resume: whether to go on where a training was interrupted. Default False.

    Returns:
        The `Translator` with the trained (and, where the recipe says so, averaged) weights; None with Keras on JAX,
        where nothing translates.

    Raises:
        InputError: something the recipe names cannot be used (before any work starts), or the loss is not finite.

    Example:

    >>> translator = train_recipe(load_recipe("phrases.toml"), "models/phrases")
    """
    output = pathlib.Path(output)
    check_before_training(recipe, output, resume)
    # Joining waits for all processes, so that each has told before what the user may have to mend.
    processes = join_processes()
    keras.utils.set_random_seed(recipe.training.seed)
    pairs = recipe_pairs(recipe.data)
    tokenizers = _tokenizers(recipe, pairs["train"], output, resume)
    config = _config(recipe, *tokenizers)
    batches = recipe_batches(recipe, pairs, tokenizers, processes)
    if processes.is_first:
        _begin_folder(recipe, output, tokenizers, pairs["validation"])
    log_dir = output / TENSORBOARD_NAME if recipe.training.tensorboard else None
    evaluations = evaluation_callbacks(recipe.evaluation, pairs["validation"], tokenizers, log_dir)
    training = _Training(recipe, config, batches, evaluations, output)
    training.fit(resume)
    if not processes.is_first:
        return None
    with alone(), dtype_policy("float32"):
        trained = build_transformer(config)
        training.give_weights(trained)
    translator = Translator(trained, *tokenizers) if keras.backend.backend() == "tensorflow" else None
    scores = None
    if translator and recipe.evaluation.at_end:
        _say("Translating the validation set ...")
        scores = validation_scores(translator, list(text_of_pairs(pairs["validation"])), recipe.evaluation.tokenize)
    with alone():
        write_model_card(output, recipe, config, trained.count_params(), training.clock.seconds, scores)
        model_folder.save_model_folder(output, trained, config, *tokenizers)
    return translator


def check_before_training(recipe, output, resume=False):
    """Raises what `train_recipe` would, before any work starts; arguments as there."""
    output = pathlib.Path(output)
    _check_output(recipe, output, resume)
    check_recipe_files(recipe.data, recipe.vocabulary)
    if recipe.training.tensorboard and not importlib.util.find_spec("tensorboard"):
        raise InputError('tensorboard is not installed: pip install "keras-transformer[tensorboard]"')
    if recipe.evaluation.translates and keras.backend.backend() != "tensorflow":
        raise InputError(
            "[evaluation] every: translating needs Keras on TensorFlow, in one process; leave it out, and monitor "
            "val_loss."
        )


def _begin_folder(recipe, output, tokenizers, validation_pairs):
    output.mkdir(parents=True, exist_ok=True)
    save_recipe(recipe, output / RECIPE_NAME)
    model_folder.save_tokenizers(output, *tokenizers)
    model_folder.save_validation_pairs(output, list(itertools.islice(text_of_pairs(validation_pairs), _KEPT_PAIRS)))


class _Training:
    """One call of `fit` and what it needs."""

    def __init__(self, recipe, config, batches, evaluations, output):
        self.recipe = recipe
        self.batches = batches
        self.output = output
        self.clock = _Clock()
        self.evaluations = evaluations
        training = recipe.training
        self.epochs = training.epochs or -(-training.steps // batches.steps_per_epoch)
        best = training.average_of == "best"
        self.checkpoints = EpochCheckpoints(
            output / CHECKPOINTS_NAME,
            keep=1 if best else training.average_checkpoints,
            keep_best=training.average_checkpoints if best else 0,
            monitor=recipe.evaluation.monitor,
            mode=MONITORS[recipe.evaluation.monitor],
        )
        self.state = TrainingState(
            output / CHECKPOINTS_NAME / STATE_NAME,
            batches.batches_per_epoch,
            training.save_every * training.accumulation_steps,
            saves=batches.processes.is_first,
            callbacks=[*evaluations, self.checkpoints, self.clock],
        )
        self.model = compiled_model(training, config, training.steps or self.epochs * batches.steps_per_epoch)

    def fit(self, resume):
        if resume and self.state.restore(self.model):
            where = f"epoch {self.state.epoch}" + (f" and {self.state.step} batches" if self.state.step else "")
            _say(f"Going on after {where}.")
        if self.batches.processes.is_first:
            drop_epochs(self.output / HISTORY_NAME, self.state.epoch)
        if any(callback.is_over for callback in self.evaluations if isinstance(callback, EarlyStopping)):
            return
        callbacks = self._callbacks()
        try:
            # Keras prints its progress to standard output, which is for results.
            with contextlib.redirect_stdout(sys.stderr):
                self.model.fit(
                    self.batches.train(self.state.first_step // self.recipe.training.accumulation_steps),
                    steps_per_epoch=self.batches.batches_per_epoch,
                    validation_data=self.batches.validation,
                    epochs=self.epochs,
                    initial_epoch=self.state.epoch,
                    callbacks=callbacks,
                    shuffle=False,  # The batches are shuffled already.
                    verbose=self._verbosity(),
                )
        except KeyboardInterrupt:
            _say("Interrupted; --resume goes on from the last save.")
            raise
        finally:
            for callback in callbacks:
                if isinstance(callback, keras.callbacks.CSVLogger):
                    callback.on_train_end()  # Keras leaves its file open when training fails.

    def _verbosity(self):
        if not self.batches.processes.is_first:
            return 0
        return 1 if sys.stderr.isatty() else 2

    def _callbacks(self):
        """All callbacks in their order: the history reads what evaluations add to the logs, and what makes an epoch
        count as done comes last."""
        training = self.recipe.training
        callbacks = [self.clock, StopOnNonFiniteLoss(), TokensPerSecond(), LearningRate(), *self.evaluations]
        if training.steps:
            callbacks.append(StopAfterSteps(training.steps))
        if self.batches.processes.is_first:
            callbacks.append(keras.callbacks.CSVLogger(self.output / HISTORY_NAME, append=self.state.epoch > 0))
            if training.tensorboard:
                log_dir = self.output / TENSORBOARD_NAME
                callbacks.append(keras.callbacks.TensorBoard(log_dir, write_graph=False))
            callbacks.append(self.checkpoints)
        return [*callbacks, self.state]

    def give_weights(self, model):
        """Gives a model of the same architecture the weights that the training ends with."""
        training = self.recipe.training
        if training.ema_momentum:
            # `fit` has done so already, unless there was nothing left to train.
            self.model.optimizer.finalize_variable_values(self.model.trainable_variables)
            model.set_weights(self.model.get_weights())
            return
        best = self.checkpoints.best_epochs if training.average_of == "best" else None
        epochs = best or self.checkpoints.last_epochs[-training.average_checkpoints :]
        self.checkpoints.average(model, epochs)


class _Clock(keras.callbacks.Callback):
    """Seconds of training, those before an interruption that was saved counted in."""

    seconds = 0.0

    def on_train_begin(self, logs=None):
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self._count()

    def on_train_end(self, logs=None):
        self._count()

    def _count(self):
        now = time.perf_counter()
        self.seconds += now - self._start
        self._start = now

    def get_state(self):
        self._count()
        return self.seconds

    def set_state(self, state):
        self.seconds = state


def _check_output(recipe, output, resume):
    if not resume:
        if output.exists() and (not output.is_dir() or any(output.iterdir())):
            raise InputError(
                f"{output} exists already and is not overwritten; choose another --output, or go on with --resume."
            )
        return
    if not (output / RECIPE_NAME).is_file():
        raise InputError(f"{output}: there is no interrupted training to resume; start it without --resume.")
    changed = _changed(load_recipe(output / RECIPE_NAME), recipe)
    if changed:
        raise InputError(
            f"{output}: {changed} of the recipe is not what the interrupted training had (see "
            f"{output / RECIPE_NAME}); resume with the same recipe."
        )


def _changed(before, recipe):
    """What is not as it was and must be, None where there is nothing."""
    for name in _FIXED_SECTIONS:
        if getattr(before, name) != getattr(recipe, name):
            return f"[{name}]"
    for name, value in before.training.model_dump(exclude=_FREE_TRAINING_KEYS).items():
        if getattr(recipe.training, name) != value:
            return f"[training] {name}"
    return None


def _tokenizers(recipe, train_pairs, output, resume):
    if resume and model_folder.has_tokenizers(output):
        return model_folder.load_tokenizers(output)
    _say("Learning the vocabulary ...")
    return recipe_tokenizers(recipe, train_pairs)


def _config(recipe, source_tokenizer, target_tokenizer):
    two_vocabularies = source_tokenizer.model != target_tokenizer.model
    return recipe.model_config_of(
        source_tokenizer.vocabulary_size, target_tokenizer.vocabulary_size if two_vocabularies else None
    )


def _say(message):
    print(message, file=sys.stderr)
