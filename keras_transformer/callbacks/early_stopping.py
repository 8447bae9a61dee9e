from typing import Any

import keras

from keras_transformer.callbacks.missing_log import warn_of_missing_log


class EarlyStopping(keras.callbacks.EarlyStopping):
    """Keras's `EarlyStopping` with a state that `TrainingState` saves and restores.

    It monitors a value in the logs of an epoch, such as "val_loss", or "val_bleu" after a `TranslationScores`. Epochs
    without the value, in which nothing was evaluated, do not count towards `patience`. Arguments are those of
    `keras.callbacks.EarlyStopping` except `restore_best_weights`. Weights are not part of the state. `EpochCheckpoints`
    keeps the best weights.

    Raises:
        ValueError: `restore_best_weights` is given.

    Example:

    >>> scores = kt.callbacks.TranslationScores(validation_pairs, tokenizer)
    >>> stopping = kt.callbacks.EarlyStopping("val_bleu", mode="max", patience=2)
    >>> model.fit(batches, epochs=100, callbacks=[scores, stopping], shuffle=False)
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.restore_best_weights:
            raise ValueError(
                "`restore_best_weights` is not supported. Use `EpochCheckpoints(keep_best=1)` and its `average`. "
                "Received: restore_best_weights=True."
            )

    def on_train_begin(self, logs=None):
        super().on_train_begin(logs)
        self._was_seen = False

    @property
    def is_over(self) -> bool:
        """Returns whether the number of evaluated epochs without improvement has reached `patience`."""
        return self.wait >= max(self.patience, 1)

    def on_epoch_end(self, epoch, logs=None):
        if self.monitor in (logs or {}):
            self._was_seen = True
            super().on_epoch_end(epoch, logs)

    def on_train_end(self, logs=None):
        super().on_train_end(logs)
        if not self._was_seen and self.best is None:
            warn_of_missing_log(self, logs)

    def get_state(self) -> dict[str, Any]:
        """Returns the state that a resumed training needs, for `TrainingState`."""
        best = None if self.best is None else float(self.best)
        return {"monitor": self.monitor, "best": best, "best_epoch": self.best_epoch, "wait": self.wait}

    def set_state(self, state: dict[str, Any]) -> None:
        """Restores the value of `get_state`, unless another value was monitored."""
        if state["monitor"] == self.monitor:
            self.best, self.best_epoch, self.wait = state["best"], state["best_epoch"], state["wait"]
