import h5py
import pytest

from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.models.weight_shapes import count_weights, weight_shapes
from keras_transformer.saving.weights_file import save_weights


@pytest.mark.parametrize(
    ("target_vocabulary_size", "normalize_first", "share_output", "output_bias"),
    [(None, False, True, False), (None, True, False, True), (41, True, True, True), (41, False, False, False)],
)
def test_they_are_those_that_keras_saves(target_vocabulary_size, normalize_first, share_output, output_bias, tmp_path):
    config = TransformerConfig(
        vocabulary_size=40,
        target_vocabulary_size=target_vocabulary_size,
        num_encoder_layers=2,
        num_decoder_layers=1,
        hidden_dim=8,
        intermediate_dim=12,
        num_heads=2,
        max_length=9,
        normalize_first=normalize_first,
        share_output=share_output,
        output_bias=output_bias,
    )
    model = build_transformer(config)
    save_weights(model, tmp_path / "model.weights.h5")
    found = {}
    with h5py.File(tmp_path / "model.weights.h5") as file:
        file.visititems(lambda name, item: found.update({name: item.shape} if isinstance(item, h5py.Dataset) else {}))
    assert dict(weight_shapes(config)) == found
    assert count_weights(config) == model.count_params()


def test_weights_of_any_size_are_counted_at_once():
    config = TransformerConfig(vocabulary_size=10, num_encoder_layers=10**9, hidden_dim=2**20, num_heads=1)
    assert count_weights(config) > 10**9 * 2**40
