"""Tests the chunked loss on JAX, with the rows of a batch divided among two devices."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import keras, numpy as np
import keras_transformer as kt

generator = np.random.default_rng(0)
source, target, labels = generator.integers(4, 50, (3, 6, 7)).astype("int32")
labels[1, 3:] = 0
sizes = {"hidden_dim": 16, "intermediate_dim": 32, "num_heads": 2, "num_encoder_layers": 1, "num_decoder_layers": 1}
config = kt.TransformerConfig(vocabulary_size=50, max_length=9, dropout=0.0, output_bias=True, **sizes)
batch = {"source_ids": source, "target_ids": target}

def trained(make):
    keras.utils.set_random_seed(1)
    model = make(kt.build_transformer(config))
    metrics = [kt.metrics.Perplexity(), kt.metrics.TokenAccuracy()]
    model.compile(keras.optimizers.SGD(0.5), kt.losses.SmoothedCrossEntropy(0.1), metrics=metrics)
    history = model.fit(batch, labels, batch_size=6, epochs=3, validation_data=(batch, labels), verbose=0).history
    return [*map(np.array, history.values()), *model.get_weights()]

expected = trained(lambda model: model)
assert len(keras.distribution.list_devices()) == 2
keras.distribution.set_distribution(keras.distribution.DataParallel(auto_shard_dataset=False))
found = trained(lambda model: kt.models.with_chunked_loss(model, rows=4))
assert found[0][-1] < found[0][0]
for found_value, expected_value in zip(found, expected, strict=True):
    np.testing.assert_allclose(found_value, expected_value, rtol=1e-4, atol=1e-5)
"""


@pytest.mark.slow
def test_two_devices_train_as_one_with_whole_logits():
    pytest.importorskip("jax")
    environment = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
    }
    run = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=900)
    assert run.returncode == 0, run.stderr
