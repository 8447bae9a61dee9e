"""Our layers and metrics give the outputs in the golden files of the oracle; keras-nlp is not needed."""

import numpy as np
import pytest

from golden.oracle_cases import (
    BLOCKS,
    FOLDER,
    LABELS,
    POSITIONS,
    SOURCE_MASK,
    TARGET_MASK,
    WEIGHTS,
    decoder_block,
    encoder_block,
    golden_file,
    named_weights,
)
from keras_transformer.metrics import Perplexity
from keras_transformer.position_encodings import sinusoidal_positions

SMALL = 200_000
CLOSE = {"rtol": 1e-5, "atol": 1e-5}


def set_weights(layer, arrays):
    weights = named_weights(layer)
    assert set(weights) <= set(arrays)
    for name, weight in weights.items():
        weight.assign(arrays[name])


@pytest.mark.parametrize("case", BLOCKS)
def test_the_encoder_block_gives_the_outputs_and_scores_of_the_oracle(case):
    golden = golden_file(f"encoder_{case}")
    layer = encoder_block(case, golden["source"])
    set_weights(layer, golden)
    output, scores = layer(golden["source"], padding_mask=SOURCE_MASK, return_attention_scores=True)
    np.testing.assert_allclose(output, golden["output"], **CLOSE)
    np.testing.assert_allclose(scores, golden["scores"], **CLOSE)


@pytest.mark.parametrize("case", BLOCKS)
def test_the_decoder_block_gives_the_outputs_of_the_oracle(case):
    golden = golden_file(f"decoder_{case}")
    layer = decoder_block(case, golden["target"], golden["source"])
    set_weights(layer, golden)
    masks = {"decoder_padding_mask": TARGET_MASK, "encoder_padding_mask": SOURCE_MASK}
    np.testing.assert_allclose(layer(golden["target"], golden["source"], **masks), golden["output"], **CLOSE)


def test_positions_are_those_of_the_oracle():
    np.testing.assert_allclose(sinusoidal_positions(*POSITIONS), golden_file("positions")["positions"], atol=1e-5)


@pytest.mark.parametrize(("name", "weights"), [("perplexity", None), ("weighted_perplexity", WEIGHTS)])
def test_perplexity_is_that_of_the_oracle(name, weights):
    golden = golden_file("perplexity")
    found = Perplexity()(LABELS, golden["logits"], sample_weight=weights)
    np.testing.assert_allclose(found, golden[name], rtol=1e-5)


def test_the_golden_files_are_small():
    assert sum(path.stat().st_size for path in FOLDER.glob("*.npz")) < SMALL
