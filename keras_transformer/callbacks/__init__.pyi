from .early_stopping import EarlyStopping
from .epoch_checkpoints import EpochCheckpoints
from .history_file import HistoryFile
from .history_rows import read_history
from .learning_rate import LearningRate
from .stop_after_steps import StopAfterSteps
from .stop_on_non_finite_loss import StopOnNonFiniteLoss
from .tokens_per_second import TokensPerSecond
from .training_state import TrainingState
from .translation_scores import TranslationScores

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
