from typing import Any

import keras
from keras import ops

from keras_transformer.losses import token_cross_entropy, token_weights


@keras.saving.register_keras_serializable(package="keras_transformer")
class Perplexity(keras.metrics.Metric):
    """Exponential of the mean cross-entropy per real token, without label smoothing.

    The mean is over all tokens since the last reset. The metric reuses the softmax of the loss, so it is cheaper than
    metrics that compute their own.

    Args:
        name: name of the metric. Default "perplexity".

    Call arguments:
        y_true: `(batch, length)` token ids, 0 is padding.
        y_pred: `(batch, length, vocabulary_size)` logits.
        sample_weight: `(batch,)` or `(batch, length)`, or None.

    Example:

    >>> round(float(kt.metrics.Perplexity()([[7, 3, 0]], np.zeros((1, 3, 100)))), 3)
    100.0
    >>> model.compile("adam", loss=kt.losses.SmoothedCrossEntropy(0.1), metrics=[kt.metrics.Perplexity()])
    """

    def __init__(self, name: str = "perplexity", **kwargs: Any):
        super().__init__(name=name, **kwargs)
        self.cross_entropy = self.add_variable((), "zeros", name="cross_entropy")
        self.tokens = self.add_variable((), "zeros", name="tokens")

    def update_state(self, y_true, y_pred, sample_weight=None):
        labels = ops.cast(y_true, "int32")
        self.add(labels, token_cross_entropy(labels, y_pred), sample_weight)

    def add(
        self,
        labels: keras.KerasTensor,
        losses: keras.KerasTensor,
        sample_weight: keras.KerasTensor | None = None,
    ) -> None:
        """Adds tokens whose cross-entropy is known.

        Args:
            labels: `(batch, length)` int32, 0 is padding.
            losses: `(batch, length)`, the cross-entropy of each token without label smoothing.
            sample_weight: `(batch,)` or `(batch, length)`, or None.
        """
        weights = token_weights(labels, sample_weight)
        self.cross_entropy.assign_add(ops.sum(losses * weights))
        self.tokens.assign_add(ops.sum(weights))

    def result(self):
        return ops.exp(self.cross_entropy / ops.maximum(self.tokens, 1e-9))
