import itertools
import time

import keras


class TokensPerSecond(keras.callbacks.Callback):
    """Adds `tokens_per_second`, the number of real target tokens per second, to the logs of every batch and epoch.

    The time is measured from the start of the epoch. It includes reading data and the work of callbacks after a batch,
    such as translations. It excludes the work at the end of the epoch. Tokens of a repeated sentence count once per
    repetition. The number of tokens is read from the `Perplexity` or `TokenAccuracy` metric in `metrics` of
    `model.compile`; one of them is required. In `weighted_metrics`, tokens are multiplied by the sample weights.

    Raises:
        ValueError: no metric of the model counts tokens.

    Example:

    >>> loss, metrics = kt.losses.SmoothedCrossEntropy(), [kt.metrics.Perplexity()]
    >>> model.compile("adam", loss, metrics=metrics, jit_compile=False)
    >>> history = model.fit(batches, epochs=1, callbacks=[kt.callbacks.TokensPerSecond()], shuffle=False).history
    >>> sorted(history)
    ['loss', 'perplexity', 'tokens_per_second']
    """

    def on_epoch_begin(self, epoch, logs=None):
        self._start = time.perf_counter()
        self._num_batches, self._tokens_before, self._tokens_at_end = 0, 0.0, 0.0

    def on_train_batch_begin(self, batch, logs=None):
        # The metrics of a resumed epoch begin above 0, or `TrainingState` adds those of its earlier batches after the
        # first one. A model without a first batch has no metrics yet.
        if self._num_batches < 2:
            metric = self._token_counter()
            self._tokens_before += (float(metric.tokens) if metric else 0.0) - self._tokens_at_end

    def on_train_batch_end(self, batch, logs=None):
        # Read from the model each time, because this synchronises JAX's variables.
        metric = self._token_counter()
        if not metric:
            raise ValueError(
                "`TokensPerSecond` needs `Perplexity` or `TokenAccuracy` among the metrics of `model.compile`. "
                f"Received: {[metric.name for metric in self.model.metrics]}."
            )
        self._num_batches += 1
        self._tokens_at_end = float(metric.tokens)
        self._rate = (self._tokens_at_end - self._tokens_before) / (time.perf_counter() - self._start)
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
