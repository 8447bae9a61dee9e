import importlib.util
import pathlib

import pytest
import tensorflow as tf

from keras_transformer.export.tflite import convert_tflite

PARTS = pathlib.Path(__file__).resolve().parents[2] / "benchmarks" / "tflite_parts.py"


@pytest.fixture(scope="module")
def parts():
    spec = importlib.util.spec_from_file_location("tflite_parts", PARTS)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TwoTables(tf.Module):
    """`translate` multiplies by 1,000 numbers in a loop. `other` has a table of 2,000 numbers in addition."""

    def __init__(self):
        super().__init__()
        self.weights = tf.constant(tf.random.stateless_uniform((1000,), (1, 2)))
        self.table = tf.constant(tf.random.stateless_uniform((2000,), (3, 4)))

    def signatures(self):
        one = [tf.TensorSpec((1,), tf.float32, name="x")]
        return {
            "translate": tf.function(self.translate, input_signature=one).get_concrete_function(),
            "other": tf.function(
                lambda x: {"y": self.translate(x)["y"] + tf.reduce_max(self.table * x)}, input_signature=one
            ).get_concrete_function(),
        }

    def translate(self, x):
        more = tf.while_loop(lambda x: x[0] < 100.0, lambda x: [tf.reduce_max(self.weights * x)[None] + 1.0], [x])
        return {"y": more[0]}


def test_constants_and_graphs_are_counted_once(parts, tmp_path):
    module = TwoTables()
    tf.saved_model.save(module, str(tmp_path), signatures=module.signatures())
    content, failure = convert_tflite.convert(str(tmp_path), ["translate", "other"], quantize=None, allow_text=False)
    assert failure is None
    sizes = parts.part_sizes(content)
    assert 4000 <= sizes["weights"] < 4200
    assert 8000 <= sizes["tables"] < 8200
    assert sizes["all"] == len(content)
    assert 300 < sizes["graph of translate"] < sizes["graph of other"]
    assert sum(sizes.values()) - sizes["all"] <= sizes["all"]
