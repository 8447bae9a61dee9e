import keras
import pytest
import tensorflow as tf

from keras_transformer.errors import ExportError
from keras_transformer.export.saved_model.served_operations import check_served_operations


def save(path, function):
    module = tf.Module()
    module.function = tf.function(function, input_signature=[tf.TensorSpec((None,), tf.float32)])
    options = tf.saved_model.SaveOptions(save_debug_info=True)
    tf.saved_model.save(module, str(path), signatures=module.function, options=options)
    return path


def test_core_operations_are_allowed_and_listed(tmp_path):
    names = check_served_operations(save(tmp_path, lambda x: tf.where(x > 0, tf.sqrt(x), 0.0)))
    assert {"Sqrt", "SelectV2", "Greater"} <= {*names}
    assert names == sorted(names)


def test_operations_in_loops_are_found_too(tmp_path):
    def in_a_loop(x):
        return tf.while_loop(lambda y: tf.reduce_sum(y) < 9.0, lambda y: (tf.math.erf(y) + 1.0,), (x,))[0]

    assert "Erf" in check_served_operations(save(tmp_path, in_a_loop))


def test_python_is_refused_with_the_line_that_uses_it(tmp_path):
    path = save(tmp_path, lambda x: tf.numpy_function(lambda array: array, [x], tf.float32))
    with pytest.raises(
        ExportError, match=r"PyFunc needs XLA, Python .* was created in .*test_served_operations\.py:\d+"
    ):
        check_served_operations(path)


def test_an_order_to_compile_is_refused(tmp_path):
    compiled = tf.function(lambda x: x + 1.0, jit_compile=True)
    with pytest.raises(ExportError, match="XlaMustCompile needs XLA"):
        check_served_operations(save(tmp_path, lambda x: compiled(x)))


def test_xla_is_refused(tmp_path):
    path = save(tmp_path, lambda x: keras.ops.slice_update(x, [0], x[:1]))
    with pytest.raises(ExportError, match="XlaDynamicUpdateSlice needs XLA"):
        check_served_operations(path)
