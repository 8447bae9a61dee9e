import time

import keras


class TokensPerSecond(keras.callbacks.Callback):
    """Adds `tokens_per_second`, the real target tokens trained on in a second, to the logs of every batch and epoch.

    It reads the count of the model's `Perplexity` or `TokenAccuracy` metric, one of which must be compiled in.

    Raises:
        ValueError: no metric of the model counts tokens.
    """

    def on_train_begin(self, logs=None):
        self._metric = None

    def on_epoch_begin(self, epoch, logs=None):
        self._start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        if self._metric is None:
            self._metric = self._token_counter()
        self._rate = float(self._metric.tokens) / (time.perf_counter() - self._start)
        self._add_to(logs)

    def on_epoch_end(self, epoch, logs=None):
        self._add_to(logs)

    def _add_to(self, logs):
        if logs is not None:
            logs["tokens_per_second"] = round(self._rate)

    def _token_counter(self):
        for metric in self.model.metrics:
            for candidate in (metric, *getattr(metric, "metrics", [])):
                if hasattr(candidate, "tokens"):
                    return candidate
        raise ValueError(
            "`TokensPerSecond` needs `Perplexity` or `TokenAccuracy` among the metrics of `model.compile`. "
            f"Received: {[metric.name for metric in self.model.metrics]}."
        )
