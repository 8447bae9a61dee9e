"""The cases of the golden files of the oracle, without an import of the oracle.

A file `NAME.npz` has inputs, the weights of our layer by name, and outputs of the oracle with the same weights.
"""

import pathlib

import numpy as np

from keras_transformer.layers import TransformerDecoder, TransformerEncoder

FOLDER = pathlib.Path(__file__).parent
POSITIONS = (100, 32)
SIZES = {"intermediate_dim": 24, "num_heads": 4}
HIDDEN_DIM = 16
# Both placements of the normalisation; one case each for the mathematics of the paper and of later models.
BLOCKS = {
    "post_norm": {"normalize_first": False, "activation": "relu", "layer_norm_epsilon": 1e-3},
    "pre_norm": {"normalize_first": True, "activation": "gelu", "layer_norm_epsilon": 1e-3},
}
TARGET_MASK = np.array([[True] * 5, [True] * 3 + [False] * 2])
SOURCE_MASK = np.array([[True] * 7, [True] * 4 + [False] * 3])
PADDING_ID = 0
LABELS = np.array([[5, 6, 7, 3], [9, 3, PADDING_ID, PADDING_ID]])
WEIGHTS = np.array([[1.0, 0.0, 2.0, 1.0], [3.0, 0.5, 9.0, 9.0]], "float32")


def golden_file(name):
    """The arrays of a golden file by name."""
    with np.load(FOLDER / f"{name}.npz") as file:
        return dict(file)


def encoder_block(case, source):
    """Our encoder block of a case, built."""
    layer = TransformerEncoder(**SIZES, **BLOCKS[case])
    layer.build(source.shape)
    return layer


def decoder_block(case, target, source):
    """Our decoder block of a case, built."""
    layer = TransformerDecoder(**SIZES, **BLOCKS[case])
    layer.build(target.shape, source.shape)
    return layer


def named_weights(layer):
    """The weights of a layer, without the seeds of dropout, by the names of the layers inside it."""
    return {weight.path.partition("/")[2]: weight for weight in layer.weights if weight.dtype == "float32"}
