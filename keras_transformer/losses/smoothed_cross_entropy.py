from typing import Any

import keras
from keras import ops

from keras_transformer.losses.label_softmax import label_softmax, logit_gradient, smoothed_losses
from keras_transformer.losses.replicas import loss_of_replicas, sum_over_replicas
from keras_transformer.moved_modules import moved_names
from keras_transformer.special_tokens import PADDING_ID

__getattr__ = moved_names(__name__)


def token_cross_entropy(
    labels: keras.KerasTensor, logits: keras.KerasTensor, label_smoothing: float = 0.0
) -> keras.KerasTensor:
    """Computes the cross-entropy of every token with its smoothed label.

    The label has the probability 1 - label_smoothing, and label_smoothing is spread evenly over the whole vocabulary:
    loss = log Z - (1 - label_smoothing) * logit[label] - label_smoothing * mean(logits). The gradient is the softmax
    minus the smoothed label. It reuses the softmax of the forward pass, so no tensor of the size of the logits is
    computed twice and no one-hot labels are made.

    Args:
        labels: `(batch, length)` token ids.
        logits: `(batch, length, vocabulary_size)`.
        label_smoothing: fraction of the probability that is spread over the vocabulary. Default 0.0.

    Returns:
        `(batch, length)` float32, in nats. The loss of padding is 0, even if its logit is minus infinity.

    Example:

    >>> kt.losses.token_cross_entropy(np.array([[7, 3, 0]]), np.zeros((1, 3, 100))).numpy().round(3)  # log 100
    array([[4.605, 4.605, 0.   ]], dtype=float32)

    Reference:
        Szegedy et al. 2016 (arXiv 1512.00567), section 7; "Attention Is All You Need", section 5.4.
    """
    vocabulary_size = logits.shape[-1]
    flat_labels = ops.reshape(ops.cast(labels, "int32"), (-1,))

    @ops.custom_gradient
    def cross_entropy(flat_logits):
        softmax = label_softmax(flat_logits, flat_labels)

        def gradient(*args, upstream=None):
            upstream = args[0] if upstream is None else upstream
            return logit_gradient(softmax, flat_labels, upstream, label_smoothing)

        return smoothed_losses(softmax, flat_logits, label_smoothing), gradient

    flat_logits = ops.reshape(ops.cast(logits, "float32"), (-1, vocabulary_size))
    losses = ops.where(ops.equal(flat_labels, PADDING_ID), 0.0, cross_entropy(flat_logits))
    return ops.reshape(losses, ops.shape(labels))


@keras.saving.register_keras_serializable(package="keras_transformer")
class SmoothedCrossEntropy(keras.losses.Loss):
    """Label-smoothed cross-entropy of token logits, averaged over the real tokens of the batch.

    Padding (label 0) is excluded from the sum and from the count, so the loss of a batch does not depend on its
    padding. Under a strategy of `tf.distribute` the average is over the real tokens of all replicas, so it does not
    depend on the division of the batch.

    Args:
        label_smoothing: fraction of the probability that is spread evenly over the vocabulary, at least 0 and below 1.
            Default 0.0.
        reduction: "sum_over_batch_size" (default) for the average, "sum" for the sum over the real tokens.
        name: name of the loss. Default "smoothed_cross_entropy".

    Call arguments:
        y_true: `(batch, length)` token ids, 0 is padding.
        y_pred: `(batch, length, vocabulary_size)` logits.
        sample_weight: weights that broadcast to `(batch, length)`, or None.

    Returns:
        A scalar, in nats per token. With reduction "sum", in nats.

    Raises:
        ValueError: a number is out of range, or the reduction is unknown.

    Example:

    >>> loss = kt.losses.SmoothedCrossEntropy(0.1)
    >>> round(float(loss([[7, 3, 0]], np.zeros((1, 3, 100)))), 3)  # log 100, from the two tokens that are no padding
    4.605
    >>> model.compile("adam", loss=loss)
    """

    def __init__(
        self,
        label_smoothing: float = 0.0,
        reduction: str = "sum_over_batch_size",
        name: str = "smoothed_cross_entropy",
        **kwargs: Any,
    ):
        super().__init__(name=name, reduction=reduction, **kwargs)
        if reduction not in ("sum", "sum_over_batch_size"):
            raise ValueError(f"`reduction` must be sum or sum_over_batch_size. Received: reduction={reduction!r}.")
        if not 0 <= label_smoothing < 1:
            raise ValueError(
                f"`label_smoothing` must be at least 0 and below 1. Received: label_smoothing={label_smoothing}."
            )
        self.label_smoothing = label_smoothing

    def __call__(self, y_true, y_pred, sample_weight=None):
        labels = ops.cast(y_true, "int32")
        weights = token_weights(labels, sample_weight)
        return self.of_sum(ops.sum(self.call(labels, y_pred) * weights), weights)

    def of_sum(self, total: keras.KerasTensor, weights: keras.KerasTensor) -> keras.KerasTensor:
        """Returns the loss, given the weighted sum of the losses of the tokens.

        Args:
            total: scalar, the sum of losses times weights.
            weights: `(batch, length)` float32, the result of `token_weights`.
        """
        if self.reduction != "sum":
            # Without real tokens the loss is 0, not 0 / 0.
            total = total / ops.maximum(sum_over_replicas(ops.sum(weights)), 1e-9)
        return loss_of_replicas(total)

    def call(self, y_true, y_pred):
        """Returns the losses of the tokens, `(batch, length)`, 0 for padding."""
        return token_cross_entropy(y_true, y_pred, self.label_smoothing)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "label_smoothing": self.label_smoothing}


def check_groups(rows, group_size, kind):
    """Raises a ValueError if the number of rows is known and is not a multiple of `group_size`.

    Args:
        rows: number of rows of a batch or of a replica's share of it, or None if it is unknown.
        group_size: number of rows of a group.
        kind: name of the groups in the error message.
    """
    if rows is not None and rows % group_size:
        raise ValueError(
            f"A batch must have whole {kind} of {group_size} rows, in every replica of a `tf.distribute` strategy. "
            f"Received: {rows} rows."
        )


def token_weights(labels: keras.KerasTensor, sample_weight: keras.KerasTensor | None = None) -> keras.KerasTensor:
    """Returns 1 for a real token and 0 for padding, times the sample weight.

    Args:
        labels: `(batch, length)` token ids, 0 is padding.
        sample_weight: `(batch,)` or `(batch, length)`, or None.

    Returns:
        `(batch, length)` float32.

    Example:

    >>> kt.losses.token_weights(np.array([[7, 3, 0]])).numpy()
    array([[1., 1., 0.]], dtype=float32)
    """
    weights = ops.cast(ops.not_equal(labels, PADDING_ID), "float32")
    if sample_weight is None:
        return weights
    sample_weight = ops.cast(sample_weight, "float32")
    if len(sample_weight.shape) == 1:
        sample_weight = ops.expand_dims(sample_weight, 1)
    return weights * sample_weight
