"""Softmax, cross-entropy and its gradient for flat logits. The whole and the chunked cross-entropy share them."""

from typing import NamedTuple

import keras
from keras import ops

# Well above the range in which float32 loses precision.
_SMALLEST_PROBABILITY = 1e-30


class LabelSoftmax(NamedTuple):
    """The softmax of flat logits, with the values at the labels.

    Args:
        probabilities: `(rows, vocabulary_size)`.
        label_logits: `(rows,)`, the logit of each label.
        label_probabilities: `(rows,)`, the probability of each label.
        log_normalizers: `(rows,)`, log Z.
    """

    probabilities: keras.KerasTensor
    label_logits: keras.KerasTensor
    label_probabilities: keras.KerasTensor
    log_normalizers: keras.KerasTensor

    @property
    def cross_entropy(self):
        """The cross-entropy without label smoothing, `(rows,)`."""
        return self.log_normalizers - self.label_logits


def label_softmax(logits: keras.KerasTensor, labels: keras.KerasTensor) -> LabelSoftmax:
    """Computes the softmax of flat logits.

    Args:
        logits: `(rows, vocabulary_size)` float32.
        labels: `(rows,)` int32.
    """
    probabilities = ops.softmax(logits, axis=-1)
    label_logits = take_labels(logits, labels)
    label_probabilities = take_labels(probabilities, labels)
    # The normalizer follows from the logit and the probability of any token. Those of the label are available
    # already. If a label's probability is too small for its logarithm, the most probable token is used, which
    # needs two more passes over the logits.
    log_normalizers = ops.cond(
        ops.all(label_probabilities > _SMALLEST_PROBABILITY),
        lambda: label_logits - ops.log(label_probabilities),
        lambda: ops.max(logits, axis=-1) - ops.log(ops.max(probabilities, axis=-1)),
    )
    return LabelSoftmax(probabilities, label_logits, label_probabilities, log_normalizers)


def smoothed_losses(softmax: LabelSoftmax, logits: keras.KerasTensor, label_smoothing: float) -> keras.KerasTensor:
    """Returns log Z - (1 - label_smoothing) * logit[label] - label_smoothing * mean(logits), `(rows,)`."""
    losses = softmax.log_normalizers - (1.0 - label_smoothing) * softmax.label_logits
    return losses - label_smoothing * ops.mean(logits, axis=-1) if label_smoothing else losses


def logit_gradient(
    softmax: LabelSoftmax, labels: keras.KerasTensor, upstream: keras.KerasTensor, label_smoothing: float
) -> keras.KerasTensor:
    """Returns the gradient of `smoothed_losses` with respect to the logits: the softmax minus the smoothed label.

    Args:
        softmax: a `LabelSoftmax`.
        labels: `(rows,)` int32.
        upstream: `(rows,)`, the factor of each row.
        label_smoothing: fraction of the probability that is spread over the vocabulary.

    Returns:
        `(rows, vocabulary_size)` float32.
    """
    spread = label_smoothing / softmax.probabilities.shape[-1]
    smooth_part = softmax.probabilities * ops.expand_dims(upstream, 1)
    at_labels = softmax.label_probabilities - (1.0 - label_smoothing)
    if label_smoothing:
        smooth_part = smooth_part - ops.expand_dims(upstream * spread, 1)
        at_labels = at_labels - spread
    rows = ops.arange(ops.shape(labels)[0], dtype="int32")
    # This is the last use of `smooth_part`, so TensorFlow updates it in place.
    return ops.scatter_update(smooth_part, ops.stack([rows, labels], axis=1), at_labels * upstream)


def take_labels(table: keras.KerasTensor, labels: keras.KerasTensor) -> keras.KerasTensor:
    """Returns the entry of `table` at each label.

    Args:
        table: `(..., vocabulary_size)`.
        labels: `(...)` int32.

    Returns:
        `(...)`, in the dtype of `table`.

    Example:

    >>> kt.losses.take_labels(np.array([[0.1, 0.7, 0.2]], "float32"), np.array([1])).numpy()
    array([0.7], dtype=float32)
    """
    return ops.squeeze(ops.take_along_axis(table, ops.expand_dims(labels, -1), axis=-1), -1)
