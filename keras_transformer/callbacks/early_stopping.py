import keras


class EarlyStopping(keras.callbacks.EarlyStopping):
    """Keras's `EarlyStopping` that a resumed training takes up where it was, see `TrainingState`.

    It monitors anything in the logs of an epoch: "val_loss", or "val_bleu" behind a `TranslationScores`. Arguments are
    those of `keras.callbacks.EarlyStopping`.

    Example:

    >>> stopping = EarlyStopping("val_bleu", mode="max", patience=5)
    >>> model.fit(batches, epochs=100, callbacks=[TranslationScores(pairs, tokenizer), stopping])
    """

    @property
    def is_over(self):
        """Whether patience has run out."""
        return self.wait >= self.patience > 0 and self.best is not None

    def get_state(self):
        """What a resumed training has to know, for `TrainingState`."""
        best = None if self.best is None else float(self.best)
        return {"best": best, "best_epoch": self.best_epoch, "wait": self.wait}

    def set_state(self, state):
        """Takes what `get_state` gave."""
        self.best, self.best_epoch, self.wait = state["best"], state["best_epoch"], state["wait"]
