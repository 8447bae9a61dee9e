from typing import Any

import keras
from keras import ops

from keras_transformer.losses.smoothed_cross_entropy import SmoothedCrossEntropy, check_groups

COPIES = 2


def token_divergence(logits: keras.KerasTensor) -> keras.KerasTensor:
    """Computes the divergence KL(p || q) + KL(q || p) of the two passes of every sentence for each token.

    With d the difference of the two logits, the divergence is sum((p - q) * d). The normalizers of the softmax cancel.
    The gradient with respect to the first logits is p - q + p * (d - sum(p * d)). The gradient with respect to the
    second logits has p and q exchanged.

    Args:
        logits: `(batch, length, vocabulary_size)`. The rows 2i and 2i + 1 are the same sentence with two dropout masks.

    Returns:
        `(batch / 2, length)` float32, in nats.

    Example:

    >>> kt.losses.token_divergence(np.zeros((2, 3, 100))).numpy()  # Both passes are equal.
    array([[0., 0., 0.]], dtype=float32)
    """
    length, vocabulary_size = ops.shape(logits)[1], logits.shape[-1]
    flat_shape = (-1, vocabulary_size)
    pair_shape = (-1, COPIES, length, vocabulary_size)

    @ops.custom_gradient
    def divergence(flat_logits):
        # The cross-entropy uses the same softmax of the flat logits, so TensorFlow computes it once for both.
        probabilities = ops.reshape(ops.softmax(flat_logits, axis=-1), pair_shape)
        pairs = ops.reshape(flat_logits, pair_shape)
        p, q = probabilities[:, 0], probabilities[:, 1]
        d = pairs[:, 0] - pairs[:, 1]
        mean_under_p, mean_under_q = ops.sum(p * d, axis=-1), ops.sum(q * d, axis=-1)

        def gradient(*args, upstream=None):
            upstream = ops.expand_dims(args[0] if upstream is None else upstream, -1)
            first = (p * (1.0 + d - ops.expand_dims(mean_under_p, -1)) - q) * upstream
            second = (q * (1.0 - d + ops.expand_dims(mean_under_q, -1)) - p) * upstream
            return ops.reshape(ops.stack([first, second], axis=1), flat_shape)

        return mean_under_p - mean_under_q, gradient

    return divergence(ops.reshape(ops.cast(logits, "float32"), flat_shape))


@keras.saving.register_keras_serializable(package="keras_transformer")
class RDropCrossEntropy(SmoothedCrossEntropy):
    """Label-smoothed cross-entropy plus `alpha` times the divergence of two passes of each sentence ("R-Drop").

    Every sentence has two successive rows in a batch, as `repeat_rows(batches, copies=2)` makes them. The rows have
    different dropout masks, and the loss reduces the divergence of their predictions. The loss is the mean of -log p
    over both passes, plus alpha / 2 times the mean of both Kullback-Leibler divergences. This is half of the paper's
    loss, and comparable with plain cross-entropy.

    Without dropout, as in validation, the loss equals the cross-entropy. Two rows of different sentences, as in batches
    that were not repeated, have no divergence term. Every batch must have an even number of rows.

    Args:
        alpha: weight of the divergence. Default 5.0, the paper's value for translation.
        label_smoothing: as in `SmoothedCrossEntropy`. Default 0.0.
        reduction: as in `SmoothedCrossEntropy`. Default "sum_over_batch_size".
        name: name of the loss. Default "r_drop_cross_entropy".

    Call arguments:
        y_true: `(batch, length)` token ids, 0 is padding; equal rows 2i and 2i + 1 are the two passes of a
            sentence.
        y_pred: `(batch, length, vocabulary_size)` logits.
        sample_weight: weights that broadcast to `(batch, length)`, or None.

    Returns:
        A scalar, in nats per token.

    Raises:
        ValueError: a number is out of range, or a batch of static size has an odd number of rows.

    Example:

    >>> model.compile("adam", loss=kt.losses.RDropCrossEntropy(label_smoothing=0.1), jit_compile=False)
    >>> train = kt.data.repeat_rows(batches, copies=2)
    >>> validation = kt.data.repeat_rows(validation_batches, copies=2)
    >>> model.fit(train, validation_data=validation, epochs=2, shuffle=False)

    Reference:
        Liang et al. 2021 (arXiv 2106.14448), equations 1 to 4.
    """

    def __init__(
        self,
        alpha: float = 5.0,
        label_smoothing: float = 0.0,
        reduction: str = "sum_over_batch_size",
        name: str = "r_drop_cross_entropy",
        **kwargs: Any,
    ):
        super().__init__(label_smoothing, reduction, name=name, **kwargs)
        if alpha < 0:
            raise ValueError(f"`alpha` must not be negative. Received: alpha={alpha}.")
        self.alpha = alpha

    def call(self, y_true, y_pred):
        """Returns the losses of the tokens, `(batch, length)`. Losses of padding are ignored."""
        check_groups(y_true.shape[0], COPIES, "pairs")
        # Each row gets half of the divergence, and each of its two terms is weighted by one half.
        is_pair = ops.all(ops.equal(y_true[::COPIES], y_true[1::COPIES]), axis=1, keepdims=True)
        divergence = ops.where(is_pair, token_divergence(y_pred), 0.0)
        shares = ops.repeat(divergence, COPIES, axis=0)
        return super().call(y_true, y_pred) + self.alpha / 4.0 * shares

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha}
