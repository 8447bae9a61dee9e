from typing import NamedTuple

import keras
from keras import ops

from keras_transformer.losses.chunk_loops import loop_over_chunks
from keras_transformer.losses.chunk_rows import chunk_rows
from keras_transformer.losses.label_softmax import label_softmax, logit_gradient, smoothed_losses
from keras_transformer.special_tokens import PADDING_ID

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf


class ChunkedSum(NamedTuple):
    """The results of `chunked_cross_entropy`.

    Args:
        loss: scalar, the weighted sum of the losses of the tokens. Only this result has a gradient.
        cross_entropy: `(batch, length)`, the cross-entropy of each token without label smoothing, 0 for padding.
        hits: `(batch, length)`, 1 if the label has the highest probability, otherwise 0.
    """

    loss: keras.KerasTensor
    cross_entropy: keras.KerasTensor
    hits: keras.KerasTensor


def chunked_cross_entropy(
    hidden: keras.KerasTensor,
    labels: keras.KerasTensor,
    weights: keras.KerasTensor,
    table: keras.KerasTensor,
    bias: keras.KerasTensor | None = None,
    label_smoothing: float = 0.0,
    rows: int | None = None,
    has_gradient: bool = True,
    has_table_gradient: bool = True,
) -> ChunkedSum:
    """Computes the cross-entropy of hidden states times an output projection, some hundred rows at a time.

    Logits, softmax, loss and both gradients of a chunk are computed together, and only sums are kept. The logits of the
    whole batch, their softmax and their gradient are never in memory. Three such tensors would be the largest of a
    training step, and reading them again from memory would take longer than the products.

    The gradients are computed in the forward pass, which is possible because the loss is a sum whose weights are known.
    They equal the gradients of `token_cross_entropy` of whole logits, except for the order of the sums.

    Args:
        hidden: `(batch, length, hidden_dim)`.
        labels: `(batch, length)` int32, 0 is padding.
        weights: `(batch, length)` float32, the factor of each token, as from `token_weights`.
        table: `(vocabulary_size, hidden_dim)`, the output projection, in the dtype of `hidden`.
        bias: `(vocabulary_size,)` float32, added to the logits, or None.
        label_smoothing: fraction of the probability that is spread over the vocabulary. Default 0.0.
        rows: maximum number of rows of a chunk. Default: by the cache of the processor.
        has_gradient: whether gradients are computed. Default True.
        has_table_gradient: whether the gradient of the table is computed. Default True.

    Returns:
        A `ChunkedSum`.

    Example:

    >>> hidden, table = np.ones((1, 3, 8), "float32"), np.zeros((100, 8), "float32")
    >>> labels = np.array([[7, 3, 0]], "int32")
    >>> results = kt.losses.chunked_cross_entropy(hidden, labels, kt.losses.token_weights(labels), table)
    >>> round(float(results.loss), 3)  # 2 * log 100
    9.21

    Reference:
        Hsu et al. 2024, "Liger Kernel" (arXiv 2410.10989), section 3.2, "FusedLinearCrossEntropy"; Wijmans et al. 2024
        (arXiv 2411.09009).
    """
    rows = rows or chunk_rows(table.shape[0])
    inputs = [ops.convert_to_tensor(hidden), *([ops.convert_to_tensor(table)] if has_table_gradient else [])]
    constants = [ops.stop_gradient(ops.convert_to_tensor(tensor)) for tensor in (hidden, labels, weights)]
    table = ops.stop_gradient(ops.convert_to_tensor(table))
    fixed_bias = None if bias is None else ops.stop_gradient(ops.convert_to_tensor(bias))
    dtype, width = keras.backend.standardize_dtype(inputs[0].dtype), inputs[0].shape[-1]
    sums = [ops.zeros((), "float32")]
    row_results = [("float32", ()), ("float32", ())]
    if has_gradient:
        row_results.append((dtype, (width,)))
        if has_table_gradient:
            sums.append(ops.zeros(table.shape, "float32"))
        if bias is not None:
            inputs.append(bias)
            sums.append(ops.zeros(bias.shape, "float32"))

    def compute(hidden, labels, weights):
        logits = ops.cast(_product(hidden, table, transpose_b=True), "float32")
        logits = logits if fixed_bias is None else logits + fixed_bias
        softmax = label_softmax(logits, labels)
        is_token = ops.not_equal(labels, PADDING_ID)
        losses = ops.where(is_token, smoothed_losses(softmax, logits, label_smoothing), 0.0)
        hits = ops.cast(softmax.label_logits >= ops.max(logits, axis=-1), "float32")
        sums, rows = [ops.sum(losses * weights)], [ops.where(is_token, softmax.cross_entropy, 0.0), hits]
        if has_gradient:
            gradient = logit_gradient(softmax, labels, weights, label_smoothing)
            rounded = ops.cast(gradient, dtype)
            rows.append(_product(rounded, table))
            if has_table_gradient:
                sums.append(ops.cast(_product(rounded, hidden, transpose_a=True), "float32"))
            if bias is not None:
                sums.append(ops.sum(gradient, axis=0))
        return sums, rows

    sums, collected = loop_over_chunks(compute, constants, sums, row_results, rows)
    loss = _with_gradients(sums[0], inputs, [collected[2], *sums[1:]]) if has_gradient else sums[0]
    return ChunkedSum(loss, *collected[:2])


def _with_gradients(loss, inputs, gradients):
    """Returns the loss with known gradients with respect to the inputs."""

    @ops.custom_gradient
    def known(*_):
        def gradient(*args, upstream=None):
            upstream = args[0] if upstream is None else upstream
            scaled = [ops.cast(gradient, "float32") * ops.cast(upstream, "float32") for gradient in gradients]
            return tuple(ops.cast(value, tensor.dtype) for value, tensor in zip(scaled, inputs, strict=True))

        return loss, gradient

    return known(*inputs)


def _product(a, b, transpose_a=False, transpose_b=False):
    """Returns the product of two matrices. TensorFlow transposes them without a copy."""
    if keras.backend.backend() == "tensorflow":
        return tf.matmul(a, b, transpose_a=transpose_a, transpose_b=transpose_b)
    return ops.matmul(ops.transpose(a) if transpose_a else a, ops.transpose(b) if transpose_b else b)
