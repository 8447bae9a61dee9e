import contextlib
import sys
import time

import keras

from keras_transformer.callbacks import (
    EarlyStopping,
    EpochCheckpoints,
    LearningRate,
    StopAfterSteps,
    StopOnNonFiniteLoss,
    TokensPerSecond,
    TrainingState,
)
from keras_transformer.callbacks.end_on_signal import EndOnSignal
from keras_transformer.callbacks.history_file import HistoryFile
from keras_transformer.callbacks.history_rows import HISTORY_NAME, drop_epochs
from keras_transformer.files.folder_lock import CHECKPOINTS_NAME, STATE_NAME
from keras_transformer.files.whole_files import naming
from keras_transformer.models.dtype_policy import without_lora
from keras_transformer.recipes.sections import MONITORS
from keras_transformer.trainer.compiled_model import compiled_model
from keras_transformer.trainer.shared_recipe import check_same_position
from keras_transformer.trainer.training_length import total_epochs, total_steps
from keras_transformer.trainer.training_progress import TrainingProgress

TENSORBOARD_NAME = "tensorboard"


class TrainingRun:
    """A call of `model.fit` with all callbacks of a recipe.

    Args:
        recipe: a `Recipe`.
        config: the `TransformerConfig`.
        batches: its `RecipeBatches`.
        evaluations: the callbacks of `evaluation_callbacks`.
        output: the model folder.
        loss: a loss instead of that of the `[training]` section. Default None.
        weights: initial weights, see `compiled_model`. Default None.
    """

    def __init__(self, recipe, config, batches, evaluations, output, loss=None, weights=None):
        self.recipe = recipe
        self.batches = batches
        self.output = output
        self.clock = _Clock()
        self.evaluations = evaluations
        training = recipe.training
        self.epochs = total_epochs(training, batches.optimizer_steps_per_epoch)
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
            batches.steps_per_epoch,
            training.save_every * training.accumulation_steps,
            saves=batches.processes.is_first,
            callbacks=[*evaluations, self.checkpoints, self.clock, batches.positions],
        )
        steps = total_steps(training, batches.optimizer_steps_per_epoch)
        # The stage [minimum_risk], which has its own loss, has no alignments.
        is_aligned = bool(recipe.data.train_alignments) and loss is None
        self.model = compiled_model(training, config, steps, loss, weights, is_aligned)

    @property
    def seconds(self):
        """The training time in seconds, including the time before interruptions."""
        return self.clock.seconds

    def fit(self, resume=False):
        """Trains the model. With `resume`, training continues from the saved state."""
        if resume and self.state.restore(self.model):
            where = f"epoch {self.state.epoch}" + (f" and {self.state.step} batches" if self.state.step else "")
            print(f"Continuing after {where}.", file=sys.stderr)
        if resume:
            check_same_position(self.state, self.batches.processes)
        if self._is_over():
            self.state.end()
            return
        if self.batches.processes.is_first:
            drop_epochs(self.output / HISTORY_NAME, self.state.epoch)
        # Keras prints its progress to standard output, which is for results. On a full disk, errors without a file name
        # are TensorBoard's.
        with contextlib.redirect_stdout(sys.stderr), naming(self.output / TENSORBOARD_NAME):
            self.model.fit(
                self.batches.train(self.state.first_step // self.recipe.training.accumulation_steps),
                steps_per_epoch=self.batches.steps_per_epoch,
                validation_data=self.batches.validation,
                epochs=self.epochs,
                initial_epoch=self.state.epoch,
                callbacks=self._callbacks(),
                shuffle=False,  # The batches are shuffled already.
                verbose=self._verbosity(),
            )

    def _is_over(self):
        """Returns whether the training is complete."""
        training = self.recipe.training
        stopped = any(callback.is_over for callback in self.evaluations if isinstance(callback, EarlyStopping))
        if stopped or self.state.epoch >= self.epochs:
            return True
        return bool(training.steps) and int(self.model.optimizer.iterations) >= training.steps

    def _verbosity(self):
        if not self.batches.processes.is_first or sys.stderr is None:
            return 0
        return 1 if sys.stderr.isatty() else 2

    def _callbacks(self):
        """Returns all callbacks in order: evaluations, the history that reads their logs, and at last the state."""
        training = self.recipe.training
        callbacks = [
            self.clock,
            StopOnNonFiniteLoss(self.state.path),
            TokensPerSecond(),
            LearningRate(),
            *self.evaluations,
        ]
        if training.steps:
            callbacks.append(StopAfterSteps(training.steps))
        if self.batches.processes.is_first:
            callbacks.append(HistoryFile(self.output / HISTORY_NAME))
            if training.tensorboard:
                log_dir = self.output / TENSORBOARD_NAME
                callbacks.append(keras.callbacks.TensorBoard(log_dir, write_graph=False))
            callbacks.append(self.checkpoints)
        end = EndOnSignal(self.state, training.accumulation_steps)
        return [*callbacks, self.state, TrainingProgress(self.state), end]

    def give_weights(self, model):
        """Sets the weights of a model of the same architecture to the final weights of the training.

        Returns:
            The numbers of the averaged epochs, counted from 1. The list is empty for a moving average.
        """
        training = self.recipe.training
        if training.ema_momentum:
            # `fit` has done this already, unless the training was complete.
            self.model.optimizer.finalize_variable_values(self.model.trainable_variables)
            model.set_weights(without_lora(self.model).get_weights())
            return []
        best = self.checkpoints.best_epochs if training.average_of == "best" else None
        if best == []:
            print("No epoch was evaluated. The weights of the last epoch are kept.", file=sys.stderr)
        wanted = training.average_checkpoints
        epochs = best or self.checkpoints.last_epochs[-wanted:]
        if best is None and epochs and len(epochs) < min(wanted, epochs[-1]):
            print(f"Averaged {len(epochs)} epochs instead of {wanted}. The others were not kept.", file=sys.stderr)
        self.checkpoints.average(model, epochs)
        return epochs


class _Clock(keras.callbacks.Callback):
    """Measures the training time in seconds, including the saved time before interruptions."""

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
