"""The peak of memory while a large model of OpenNMT-tf is imported and saved."""

import pathlib

import numpy as np
import pytest
import tensorflow as tf
from import_memory import assert_peak_below_twice

RUN = pathlib.Path(__file__).with_name("opennmt_tf") / "words"
NUM_TOKENS, WIDTH, INNER = 30_000, 512, 2048


@pytest.mark.slow
def test_the_peak_is_at_most_twice_the_weights(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    for side in ("source", "target"):
        tokens = ["<blank>", "<s>", "</s>", *(f"{side}{number}" for number in range(NUM_TOKENS - 4))]
        (folder / f"{side}.vocab").write_text("".join(token + "\n" for token in tokens), encoding="utf-8")
    weights = write_large(folder / "ckpt-1")
    assert_peak_below_twice(weights, "OpenNMTTFFolder", folder, tmp_path / "model")


def write_large(prefix):
    """Writes the checkpoint of a base model with separate tables and an output projection of its own."""
    small = tf.train.load_checkpoint(str(RUN / "ckpt-7"))
    sizes = {16: WIDTH, 20: INNER, 81: NUM_TOKENS}
    shapes = {}
    for name, shape in small.get_variable_to_shape_map().items():
        for number in range(6) if "/layers/" in name else [0]:
            side, dot, rest = name.partition("/layers/")
            full = f"{side}{dot}{number}{rest[1:]}" if dot else name
            shapes[full] = [sizes[size] for size in shape]
    shapes = {name: shape for name, shape in shapes.items() if shape}
    shapes["model/decoder/output_layer/kernel/.ATTRIBUTES/VARIABLE_VALUE"] = [WIDTH, NUM_TOKENS]
    numbers = np.random.default_rng(0)
    tensors = [tf.constant(numbers.standard_normal(shape, "float32")) for shape in shapes.values()]
    tf.raw_ops.SaveV2(
        prefix=str(prefix), tensor_names=list(shapes), shape_and_slices=[""] * len(shapes), tensors=tensors
    )
    return 4 * sum(int(np.prod(shape)) for shape in shapes.values())
