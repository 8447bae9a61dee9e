import keras
import numpy as np
import pytest

from keras_transformer.models import TransformerConfig
from keras_transformer.recipes.sections import TrainingSection
from keras_transformer.trainer.compiled_model import compiled_model

RATE = 0.01
ADAM_LR_RATIO = 0.25


def one_step(**fields):
    """Returns the initial weights and their decrease in the first step, by path."""
    config = TransformerConfig.from_preset(
        "tiny",
        vocabulary_size=50,
        hidden_dim=32,
        intermediate_dim=64,
        num_encoder_layers=1,
        num_decoder_layers=1,
        share_output=False,
    )
    training = TrainingSection(
        optimizer="muon", learning_rate=RATE, adam_lr_ratio=ADAM_LR_RATIO, warmup_steps=1, epochs=1, **fields
    )
    keras.utils.set_random_seed(0)
    model = compiled_model(training, config, total_steps=10)
    before = {variable.path: variable.numpy() for variable in model.trainable_variables}
    ids = np.random.default_rng(0).integers(4, 50, (8, 6)).astype("int32")
    model.train_on_batch({"source_ids": ids, "target_ids": ids}, ids)
    return before, {variable.path: before[variable.path] - variable.numpy() for variable in model.trainable_variables}


def is_matrix_of_layer(path):
    return path.endswith("kernel") and "output_projection" not in path


@pytest.mark.slow
def test_muon_moves_every_matrix_of_a_layer_and_leaves_the_rest_to_adam():
    _, updates = one_step()
    assert sum(map(is_matrix_of_layer, updates)) == 4 + 7  # of an encoder and of a decoder
    for path, update in updates.items():
        if is_matrix_of_layer(path):
            # The Newton-Schulz iteration brings all singular values of any gradient near 1.
            singular_values = np.linalg.svd(update, compute_uv=False) / (RATE * 0.2 * max(update.shape) ** 0.5)
            assert 0.6 < np.median(singular_values) <= singular_values.max() < 1.3, path
        else:
            # Adam's first step has the size of the rate for any gradient.
            assert np.abs(update).max() == pytest.approx(RATE * ADAM_LR_RATIO, rel=0.01), path


@pytest.mark.slow
def test_each_weight_decays_by_its_own_rate():
    before, without_decay = one_step()
    _, updates = one_step(weight_decay=0.5)
    for path, weights in before.items():
        rate = RATE if is_matrix_of_layer(path) else RATE * ADAM_LR_RATIO
        np.testing.assert_allclose(updates[path] - without_decay[path], 0.5 * rate * weights, atol=1e-6)
