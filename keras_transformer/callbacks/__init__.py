"""Callbacks for `model.fit`."""

from keras_transformer.callbacks.early_stopping import EarlyStopping
from keras_transformer.callbacks.epoch_checkpoints import EpochCheckpoints
from keras_transformer.callbacks.history_file import HistoryFile, read_history
from keras_transformer.callbacks.learning_rate import LearningRate
from keras_transformer.callbacks.stop_after_steps import StopAfterSteps
from keras_transformer.callbacks.stop_on_non_finite_loss import StopOnNonFiniteLoss
from keras_transformer.callbacks.tokens_per_second import TokensPerSecond
from keras_transformer.callbacks.training_state import TrainingState
from keras_transformer.callbacks.translation_scores import TranslationScores

__all__ = [
    "EarlyStopping",
    "EpochCheckpoints",
    "HistoryFile",
    "LearningRate",
    "StopAfterSteps",
    "StopOnNonFiniteLoss",
    "TokensPerSecond",
    "TrainingState",
    "TranslationScores",
    "read_history",
]
