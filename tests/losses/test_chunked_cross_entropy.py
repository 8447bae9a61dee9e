"""Tests that the cross-entropy in chunks equals that of whole logits, and that it never has the whole logits."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_transformer.losses import chunked_cross_entropy, token_cross_entropy, token_weights

VOCABULARY, WIDTH = 37, 8
LABELS = np.array([[5, 6, 7, 3, 9], [9, 3, 0, 0, 0], [4, 4, 30, 36, 3]], "int32")
SAMPLE_WEIGHTS = np.array([1.0, 0.5, 2.0], "float32")


@pytest.fixture(scope="module")
def inputs():
    """Hidden states, table and bias."""
    generator = np.random.default_rng(0)
    shapes = [(*LABELS.shape, WIDTH), (VOCABULARY, WIDTH), (VOCABULARY,)]
    return [tf.constant(generator.normal(0, 0.5, shape), "float32") for shape in shapes]


def of_whole_logits(label_smoothing, hidden, table, bias=None):
    logits = tf.cast(tf.matmul(hidden, table, transpose_b=True), "float32")
    logits = logits if bias is None else logits + bias
    losses = token_cross_entropy(LABELS, logits, label_smoothing)
    cross_entropy = token_cross_entropy(LABELS, logits)
    hits = tf.argmax(logits, axis=-1, output_type="int32") == LABELS
    return tf.reduce_sum(losses * token_weights(LABELS, SAMPLE_WEIGHTS)), cross_entropy, tf.cast(hits, "float32")


def in_chunks(label_smoothing, rows, hidden, table, bias=None):
    weights = token_weights(LABELS, SAMPLE_WEIGHTS)
    return chunked_cross_entropy(hidden, LABELS, weights, table, bias, label_smoothing, rows)


def with_gradients(function, inputs):
    """Returns the results of a function, and the gradients of a tenth of its loss."""
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        loss, *others = function(*inputs)
        tenth = 0.1 * loss
    return [loss, *others, *tape.gradient(tenth, inputs)]


@pytest.mark.parametrize("rows", [1, 4, 5, 64])
@pytest.mark.parametrize("label_smoothing, has_bias", [(0.0, True), (0.1, False), (0.1, True)])
def test_value_and_gradients_are_those_of_whole_logits(inputs, rows, label_smoothing, has_bias):
    inputs = inputs if has_bias else inputs[:2]
    found = with_gradients(lambda *inputs: in_chunks(label_smoothing, rows, *inputs), inputs)
    expected = with_gradients(lambda *inputs: of_whole_logits(label_smoothing, *inputs), inputs)
    assert len(found) == len(expected) == 3 + len(inputs)
    for found_part, expected_part in zip(found, expected, strict=True):
        assert found_part.shape == expected_part.shape
        np.testing.assert_allclose(found_part, expected_part, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("jit_compile", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_graphs_of_any_length_give_the_same(inputs, jit_compile):
    expected = with_gradients(lambda *inputs: in_chunks(0.1, 4, *inputs), inputs)
    signature = [tf.TensorSpec((None, None, WIDTH)), *(tf.TensorSpec(array.shape) for array in inputs[1:])]

    @tf.function(input_signature=signature, jit_compile=jit_compile)
    def graph(*inputs):
        return with_gradients(lambda *inputs: in_chunks(0.1, 4, *inputs), inputs)

    for found_part, expected_part in zip(graph(*inputs), expected, strict=True):
        np.testing.assert_allclose(found_part, expected_part, rtol=1e-5, atol=1e-6)


def test_no_tensor_has_the_size_of_the_logits(inputs):
    def largest_size(function):
        graph = tf.function(lambda *inputs: with_gradients(function, inputs)).get_concrete_function(*inputs[:2]).graph
        functions = [graph, *(graph._get_function(name) for name in graph._functions)]
        graphs = [graph, *(function.graph for function in functions[1:] if hasattr(function, "graph"))]
        shapes = [
            output.shape for graph in graphs for operation in graph.get_operations() for output in operation.outputs
        ]
        return max(shape.num_elements() for shape in shapes if shape.is_fully_defined())

    assert largest_size(lambda *inputs: of_whole_logits(0.1, *inputs)) >= LABELS.size * VOCABULARY
    assert largest_size(lambda *inputs: in_chunks(0.1, 2, *inputs)) == VOCABULARY * WIDTH


def test_forbidden_padding_and_batches_of_padding_have_finite_gradients(inputs):
    hidden, table, bias = inputs
    forbidden = tf.where(tf.range(VOCABULARY) == 0, -np.inf, bias)
    results = with_gradients(lambda *inputs: in_chunks(0.0, 4, *inputs), [hidden, table, forbidden])
    assert all(np.isfinite(result).all() for result in results)
    weights = token_weights(0 * LABELS)
    empty = with_gradients(lambda *inputs: chunked_cross_entropy(inputs[0], 0 * LABELS, weights, inputs[1]), inputs[:2])
    for result in (empty[0], empty[1], *empty[3:]):
        np.testing.assert_array_equal(result, np.zeros(result.shape))


def test_a_batch_without_rows_has_a_loss_of_0(inputs):
    hidden, table, _ = inputs
    results = chunked_cross_entropy(hidden[:0], LABELS[:0], token_weights(LABELS[:0]), table)
    assert results.loss == 0
    assert results.hits.shape == (0, LABELS.shape[1])


def test_an_improbable_label_has_an_exact_loss(inputs):
    hidden, table, bias = inputs
    raised = tf.where(tf.range(VOCABULARY) == 1, 1000.0, bias)
    found = with_gradients(lambda *inputs: in_chunks(0.1, 4, *inputs), [hidden, table, raised])
    expected = with_gradients(lambda *inputs: of_whole_logits(0.1, *inputs), [hidden, table, raised])
    for found_part, expected_part in zip(found, expected, strict=True):
        np.testing.assert_allclose(found_part, expected_part, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_keeps_the_dtypes_and_computes_the_loss_in_float32(inputs, dtype):
    half = [tf.cast(array, dtype) for array in inputs[:2]]
    found = with_gradients(lambda *inputs: in_chunks(0.1, 4, *inputs), half)
    expected = with_gradients(lambda *inputs: of_whole_logits(0.1, *inputs), half)
    assert [part.dtype for part in found] == ["float32"] * 3 + [dtype] * 2
    for found_part, expected_part in zip(found, expected, strict=True):
        # A number of bfloat16 has eight significant bits. The sum of the chunks is in float32.
        tolerance = 4 * float(np.max(np.abs(expected_part))) * 2**-8
        np.testing.assert_allclose(tf.cast(found_part, "float32"), tf.cast(expected_part, "float32"), atol=tolerance)


def test_gradients_that_are_not_needed_are_not_computed(inputs):
    def results_of(*inputs):
        return chunked_cross_entropy(inputs[0], LABELS, token_weights(LABELS), inputs[1], **arguments)

    arguments = {"has_table_gradient": False}
    assert with_gradients(results_of, inputs[:2])[-1] is None
    arguments = {"has_gradient": False}
    assert with_gradients(results_of, inputs[:2])[-2:] == [None, None]
    assert keras.ops.is_tensor(results_of(*inputs).loss)
