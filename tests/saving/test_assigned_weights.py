import keras
import numpy as np
import pytest

from keras_transformer.errors import InputError
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.models.dtype_policy import dtype_policy
from keras_transformer.saving.weights_file import assign_weights, save_weights

CONFIG = TransformerConfig(
    vocabulary_size=20, num_encoder_layers=1, num_decoder_layers=1, hidden_dim=8, intermediate_dim=12, num_heads=2,
    dropout=0.1, normalize_first=True, share_output=False, output_bias=True,
)  # fmt: skip


@pytest.mark.parametrize("stored", ["float32", "bfloat16"])
def test_weights_are_assigned_without_the_states_of_random_numbers(stored, tmp_path):
    with dtype_policy(stored):
        source = build_transformer(CONFIG)
    save_weights(source, tmp_path / "a.weights.h5")
    with dtype_policy("mixed_bfloat16"):
        model = build_transformer(CONFIG)
    states = [np.array(each) for each in model.non_trainable_variables]
    assign_weights(model, tmp_path / "a.weights.h5")
    for found, expected in zip(model.trainable_variables, source.trainable_variables, strict=True):
        assert found.dtype == "float32"
        np.testing.assert_array_equal(np.array(found), np.array(expected).astype("float32"), found.path)
    assert states
    for found, expected in zip(model.non_trainable_variables, states, strict=True):
        np.testing.assert_array_equal(np.array(found), expected)


def test_weights_of_another_model_are_refused(tmp_path):
    save_weights(keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)]), tmp_path / "a.weights.h5")
    with pytest.raises(InputError, match=r"a\.weights\.h5: the weights do not match the config"):
        assign_weights(build_transformer(CONFIG), tmp_path / "a.weights.h5")
