from typing import Any

import keras
from keras import ops

from keras_transformer.losses import take_labels, token_weights


@keras.saving.register_keras_serializable(package="keras_transformer")
class TokenAccuracy(keras.metrics.Metric):
    """Fraction of the real tokens whose label has the highest probability.

    Args:
        name: name of the metric. Default "token_accuracy".

    Call arguments:
        y_true: `(batch, length)` token ids, 0 is padding.
        y_pred: `(batch, length, vocabulary_size)` logits.
        sample_weight: `(batch,)` or `(batch, length)`, or None.

    Example:

    >>> float(kt.metrics.TokenAccuracy()([[1, 3, 0]], [[[0.0, 2.0, 1.0, 0.0]] * 3]))
    0.5
    >>> model.compile("adam", loss=kt.losses.SmoothedCrossEntropy(0.1), metrics=[kt.metrics.TokenAccuracy()])
    """

    def __init__(self, name: str = "token_accuracy", **kwargs: Any):
        super().__init__(name=name, **kwargs)
        self.correct = self.add_variable((), "zeros", name="correct")
        self.tokens = self.add_variable((), "zeros", name="tokens")

    def update_state(self, y_true, y_pred, sample_weight=None):
        labels = ops.cast(y_true, "int32")
        # Computing the maximum takes a tenth of the time of computing its index.
        hits = take_labels(y_pred, labels) >= ops.max(y_pred, axis=-1)
        self.add(labels, ops.cast(hits, "float32"), sample_weight)

    def add(
        self,
        labels: keras.KerasTensor,
        hits: keras.KerasTensor,
        sample_weight: keras.KerasTensor | None = None,
    ) -> None:
        """Adds tokens, given whether the label of each has the highest probability.

        Args:
            labels: `(batch, length)` int32, 0 is padding.
            hits: `(batch, length)` float32, 1 if the label has the highest probability, otherwise 0.
            sample_weight: `(batch,)` or `(batch, length)`, or None.
        """
        weights = token_weights(labels, sample_weight)
        self.correct.assign_add(ops.sum(hits * weights))
        self.tokens.assign_add(ops.sum(weights))

    def result(self):
        return self.correct / ops.maximum(self.tokens, 1e-9)
