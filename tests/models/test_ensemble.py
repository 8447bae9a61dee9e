import keras
import numpy as np
import pytest

from keras_transformer.errors import InputError
from keras_transformer.models import Ensemble, TransformerConfig, build_transformer
from keras_transformer.models.ensemble import config_of, mean_log_probabilities

FIELDS = {"num_encoder_layers": 1, "num_decoder_layers": 1, "hidden_dim": 8, "intermediate_dim": 8, "num_heads": 2}
INPUTS = {"source_ids": np.array([[5, 6, 3]]), "target_ids": np.array([[2, 7]])}


def model_of(seed, **fields):
    keras.utils.set_random_seed(seed)
    return build_transformer(TransformerConfig(**{"vocabulary_size": 9, "max_length": 12, **FIELDS, **fields}))


def test_the_output_is_the_logarithm_of_the_mean_probability():
    models = [model_of(1), model_of(2, hidden_dim=16, max_length=9), model_of(3, share_embeddings=False)]
    ensemble = Ensemble(models)
    found = keras.ops.convert_to_numpy(ensemble(INPUTS))
    probabilities = [keras.ops.convert_to_numpy(keras.ops.softmax(model(INPUTS))) for model in models]
    np.testing.assert_allclose(np.exp(found), np.mean(probabilities, axis=0), atol=1e-6)
    assert ensemble.config.max_length == config_of(ensemble).max_length == 9
    assert len(ensemble.weights) == sum(len(model.weights) for model in models)


def test_improbable_tokens_keep_their_order():
    logits = np.array([[0.0, -200.0, -210.0]], "float32")
    found = keras.ops.convert_to_numpy(mean_log_probabilities([logits, logits, logits]))
    np.testing.assert_array_equal(found, keras.ops.convert_to_numpy(keras.ops.log_softmax(logits)))


@pytest.mark.slow
def test_config_and_weights_restore_an_ensemble():
    ensemble = Ensemble([model_of(1), model_of(2)])
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(ensemble))
    copy.set_weights(ensemble.get_weights())
    np.testing.assert_allclose(copy(INPUTS), ensemble(INPUTS), atol=1e-6)


@pytest.mark.parametrize(
    "fields, message",
    [
        ({"vocabulary_size": 10}, "must have the same `vocabulary_size`. Received: 9, 10."),
        ({"target_prefix": 5}, "must have the same `target_prefix`. Received: None, 5."),
    ],
)
def test_models_that_do_not_match_are_refused(fields, message):
    with pytest.raises(InputError, match=message):
        Ensemble([model_of(1), model_of(2, **fields)])


def test_no_model_is_refused():
    with pytest.raises(InputError, match="An ensemble needs at least one model. Received: none."):
        Ensemble([])
