import numpy as np
import pytest

from keras_transformer.layers import MultiHeadSelfAttention, TransformerEncoder
from keras_transformer.layers.observation import observe, observed


def test_an_encoder_block_hands_out_its_results_in_order():
    block = TransformerEncoder(intermediate_dim=24, num_heads=2)
    inputs = np.random.default_rng(0).normal(size=(1, 5, 16)).astype("float32")
    with observed() as results:
        outputs, scores = block(inputs, padding_mask=np.ones((1, 5), bool), return_attention_scores=True)
    attention = ["query", "key", "value", "products", "bias", "scores", "mixed"]
    before, after = ["residual", "sublayer_inputs"], ["sublayer_outputs", "total", "result"]
    assert [name for name, _ in results] == [*before, *attention, *after, *before, "intermediate", *after]
    np.testing.assert_array_equal(results[-1][1], outputs)
    np.testing.assert_array_equal(dict(results)["scores"], scores)


def test_results_are_the_same_with_and_without_an_observer():
    layer = MultiHeadSelfAttention(num_heads=2)
    inputs = np.ones((1, 3, 8), "float32")
    expected = layer(inputs)
    with observed("scores"):
        np.testing.assert_array_equal(layer(inputs), expected)


def test_only_named_results_are_kept():
    with observed("b", "c") as results:
        observe(a=1, b=2)
        observe(c=3)
    assert results == [("b", 2), ("c", 3)]


def test_nothing_is_kept_after_the_block_or_after_an_error():
    with pytest.raises(KeyError), observed() as results:
        raise KeyError
    observe(a=1)
    assert results == []


def test_the_inner_block_observes_alone():
    with observed() as outer:
        with observed() as inner:
            observe(a=1)
        observe(b=2)
    assert (outer, inner) == ([("b", 2)], [("a", 1)])
