import keras
from keras import ops

from keras_transformer.losses.smoothed_cross_entropy import SmoothedCrossEntropy, check_groups

COPIES = 2


def token_divergence(logits):
    """How far the two passes of every sentence are apart: KL(p || q) + KL(q || p), token by token.

    With d the difference of the two logits it is sum((p - q) * d), in which the normalizers of the softmax cancel. Its
    gradient with respect to the first logits is p - q + p * (d - sum(p * d)), and the same with p and q exchanged for
    the second.

    Args:
        logits: `(batch, length, vocabulary_size)`; the rows 2i and 2i + 1 are the same sentence under two dropouts.

    Returns:
        `(batch / 2, length)` float32, in nats.
    """
    length, vocabulary_size = ops.shape(logits)[1], logits.shape[-1]
    flat_shape = (-1, vocabulary_size)
    pair_shape = (-1, COPIES, length, vocabulary_size)

    @ops.custom_gradient
    def divergence(flat_logits):
        # The softmax of the flat logits is the cross-entropy's, which TensorFlow then makes once for both.
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
    """Label-smoothed cross-entropy and, times `alpha`, the divergence of two passes of each sentence ("R-Drop").

    Every sentence stands twice in a batch, one row below the other, as `repeat_rows(batches, copies=2)` makes it;
    dropout makes two predictions of it, and the loss pulls them together. Half the paper's loss, so that it compares
    with the plain cross-entropy: the mean over both passes of -log p, plus alpha / 2 times the mean of both
    Kullback-Leibler divergences. Without dropout, as in validation, it is the cross-entropy. Batches of other sentences
    in every row, such as plain ones in validation, count no divergence either; they must have an even number of rows.

    Args:
        alpha: weight of the divergence. Default 5.0, the paper's for translation.
        label_smoothing: as in `SmoothedCrossEntropy`. Default 0.0.
        reduction: as in `SmoothedCrossEntropy`. Default "sum_over_batch_size".
        name: name of the loss. Default "r_drop_cross_entropy".

    Call arguments:
        y_true: `(batch, length)` token ids, 0 is padding; the rows 2i and 2i + 1 are equal, or no two passes.
        y_pred: `(batch, length, vocabulary_size)` logits.
        sample_weight: weights that broadcast to `(batch, length)`, or None.

    Returns:
        A scalar, in nats per token.

    Raises:
        ValueError: a number is out of range, or a batch is known to have an odd number of rows.

    Example:

    >>> model.compile("adam", loss=RDropCrossEntropy(label_smoothing=0.1))
    >>> train = repeat_rows(token_batches(pairs, tokenizer, shuffle=True), copies=2)
    >>> validation = repeat_rows(token_batches(validation_pairs, tokenizer), copies=2)
    >>> model.fit(train, validation_data=validation, epochs=20)

    Reference:
        Liang et al. 2021 (arXiv 2106.14448), equations 1 to 4.
    """

    def __init__(
        self,
        alpha=5.0,
        label_smoothing=0.0,
        reduction="sum_over_batch_size",
        name="r_drop_cross_entropy",
        **kwargs,
    ):
        super().__init__(label_smoothing, reduction, name=name, **kwargs)
        if alpha < 0:
            raise ValueError(f"`alpha` must not be negative. Received: alpha={alpha}.")
        self.alpha = alpha

    def call(self, y_true, y_pred):
        """Losses of the single tokens, `(batch, length)`; those of padding do not count."""
        check_groups(y_true.shape[0], COPIES, "pairs")
        # Half of the divergence belongs to either row, and each of its two parts counts half.
        is_pair = ops.all(ops.equal(y_true[::COPIES], y_true[1::COPIES]), axis=1, keepdims=True)
        divergence = ops.where(is_pair, token_divergence(y_pred), 0.0)
        shares = ops.repeat(divergence, COPIES, axis=0)
        return super().call(y_true, y_pred) + self.alpha / 4.0 * shares

    def get_config(self):
        return {**super().get_config(), "alpha": self.alpha}
