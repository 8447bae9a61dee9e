import itertools
import time

import keras


class TokensPerSecond(keras.callbacks.Callback):
    """Adds `tokens_per_second`, the real target tokens trained on in a second, to the logs of every batch and epoch.

    The seconds are those since the epoch began: reading the data and what other callbacks do after a batch count, such
    as translations every so many steps. What happens at the end of the epoch does not.
    Tokens of a sentence that stands twice in its batch count twice. It reads the count of the model's `Perplexity` or
    `TokenAccuracy` metric, one of which must be compiled in, under `metrics`; under `weighted_metrics` weights count.

    Raises:
        ValueError: no metric of the model counts tokens.
    """

    def on_epoch_begin(self, epoch, logs=None):
        self._start = time.perf_counter()
        self._tokens_before = None

    def on_train_batch_begin(self, batch, logs=None):
        if self._tokens_before is None:
            # An epoch that is taken up in its middle has counted before; in a model that has seen no batch yet, there
            # is nothing that counts.
            metric = self._token_counter()
            self._tokens_before = float(metric.tokens) if metric else 0.0

    def on_train_batch_end(self, batch, logs=None):
        # Asked of the model each time, because only that brings JAX's variables up to date.
        metric = self._token_counter()
        if not metric:
            raise ValueError(
                "`TokensPerSecond` needs `Perplexity` or `TokenAccuracy` among the metrics of `model.compile`. "
                f"Received: {[metric.name for metric in self.model.metrics]}."
            )
        tokens = float(metric.tokens) - self._tokens_before
        self._rate = tokens / (time.perf_counter() - self._start)
        self._add_to(logs)

    def on_epoch_end(self, epoch, logs=None):
        self._add_to(logs)

    def _add_to(self, logs):
        if logs is not None:
            logs["tokens_per_second"] = round(self._rate)

    def _token_counter(self):
        metrics = itertools.chain.from_iterable(
            (metric, *getattr(metric, "metrics", [])) for metric in self.model.metrics
        )
        return next((metric for metric in metrics if hasattr(metric, "tokens")), None)
