import keras
from keras import ops


def alignment_cross_entropy(alignments: keras.KerasTensor, log_attention: keras.KerasTensor) -> keras.KerasTensor:
    """Computes the cross-entropy of attention with given alignments for every target token.

    The attention of a target token should be spread evenly over the source tokens that are linked to it. A target token
    without links has no loss.

    Args:
        alignments: `(batch, target_length, source_length)`, 1 for linked tokens, else 0. See `token_batches`.
        log_attention: `(batch, num_heads, target_length, source_length)` float32, logarithms of attention scores. With
            several heads, the attention is their mean.

    Returns:
        `(batch, target_length)` float32, in nats, 0 for target tokens without links.

    Example:

    >>> alignments = np.array([[[1, 0], [0, 0]]])
    >>> losses = kt.losses.alignment_cross_entropy(alignments, np.log(np.full((1, 1, 2, 2), 0.25, "float32")))
    >>> round(float(losses[0][0]), 3)  # log 4, for the first target token
    1.386

    Reference:
        Chen et al. 2016 (arXiv 1607.01628), "Guided Alignment Training"; Garg et al. 2019 (arXiv 1909.02074), section
        3.2.
    """
    links = ops.cast(alignments, "float32")
    counts = ops.sum(links, axis=-1)
    log_mean = _log_mean(ops.convert_to_tensor(log_attention))
    return -ops.sum(links * log_mean, axis=-1) / ops.maximum(counts, 1.0)


def _log_mean(log_attention):
    """Returns the logarithm of the mean over the heads, `(batch, target_length, source_length)`."""
    num_heads = log_attention.shape[1]
    if num_heads == 1:
        return log_attention[:, 0]
    # The entries of hidden source tokens are near the lowest float32. A sum with them must not overflow.
    largest = ops.stop_gradient(ops.max(log_attention, axis=1, keepdims=True))
    means = ops.mean(ops.exp(log_attention - largest), axis=1)
    return ops.squeeze(largest, axis=1) + ops.log(means)
