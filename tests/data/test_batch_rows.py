"""Tests of batches with other rows: doubled, in parts whose gradients add up, and shared among processes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_transformer.data import count_batches, repeat_rows, split_rows, take_rows
from keras_transformer.losses import RDropCrossEntropy, SmoothedCrossEntropy
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.schedules import WarmupSchedule

# Optimizer settings that depend on the gradient of the whole step.
CLIPPED = {"global_clipnorm": 0.1, "weight_decay": 0.01}


def make_batches(number=4, rows=7, length=6):
    """Batches of sentences of every length, padded."""
    generator = np.random.default_rng(0)
    for _ in range(number):
        labels = generator.integers(4, 20, (rows, length), dtype="int32")
        for row, real in enumerate(generator.integers(1, length + 1, rows)):
            labels[row, real:] = 0
        yield {"source_ids": labels[:, ::-1].copy(), "target_ids": np.roll(labels, 1, axis=1)}, labels


@pytest.fixture(scope="module")
def batches():
    spec = tf.TensorSpec((None, None), tf.int32)
    return tf.data.Dataset.from_generator(
        make_batches, output_signature=({"source_ids": spec, "target_ids": spec}, spec)
    )


def trained_weights(batches, loss, parts=1, **arguments):
    keras.utils.set_random_seed(0)
    config = TransformerConfig(
        vocabulary_size=20,
        num_encoder_layers=1,
        num_decoder_layers=1,
        hidden_dim=16,
        intermediate_dim=32,
        num_heads=2,
        max_length=8,
        dropout=0.0,
    )
    model = build_transformer(config)
    # Adam would turn a gradient of rounding errors into a step of full size.
    schedule = WarmupSchedule(peak=0.1, warmup_steps=3, accumulation_steps=parts)
    optimizer = keras.optimizers.SGD(
        schedule, momentum=0.9, gradient_accumulation_steps=parts if parts > 1 else None, **arguments
    )
    model.compile(optimizer, loss=loss, jit_compile=False)
    for batch in batches:
        losses = model.train_on_batch(*batch)
        assert np.isfinite(losses)
    return model.get_weights()


def test_rows_are_doubled_in_place(batches):
    for (inputs, labels), (doubled, doubled_labels) in zip(batches, repeat_rows(batches, 2), strict=True):
        np.testing.assert_array_equal(doubled_labels, np.repeat(labels, 2, axis=0))
        for name, ids in inputs.items():
            np.testing.assert_array_equal(doubled[name], np.repeat(ids, 2, axis=0))


def test_parts_hold_all_rows_once_and_weights_that_add_up(batches):
    parts = list(split_rows(batches.take(1), 3))
    ((_, whole),) = batches.take(1)
    assert len(parts) == 3
    assert len({labels.shape for _, labels, _ in parts}) == 1
    rows = sorted(tuple(row) for _, labels, _ in parts for row in labels.numpy())
    assert rows == sorted([*map(tuple, whole.numpy()), (0,) * 6, (0,) * 6])
    total = sum(np.sum(weights.numpy()[:, None] * (labels.numpy() > 0)) for _, labels, weights in parts)
    assert total == pytest.approx(3.0)  # Keras divides by the number of parts.


@pytest.fixture(scope="module")
def of_large_batches(batches):
    return trained_weights(batches, SmoothedCrossEntropy(0.1), **CLIPPED)


@pytest.mark.slow
@pytest.mark.parametrize(
    "parts", [pytest.param(3, id="uneven"), pytest.param(8, id="more_than_rows", marks=pytest.mark.slow)]
)
def test_accumulated_steps_are_those_of_the_large_batch(batches, of_large_batches, parts):
    loss = SmoothedCrossEntropy(0.1, reduction="sum")
    found = trained_weights(split_rows(batches, parts), loss, parts, **CLIPPED)
    for found_weight, weight in zip(found, of_large_batches, strict=True):
        np.testing.assert_allclose(found_weight, weight, atol=1e-6)


@pytest.mark.slow
def test_accumulated_steps_of_two_passes_are_those_of_the_large_batch(batches):
    expected = trained_weights(repeat_rows(batches, 2), RDropCrossEntropy(5.0, 0.1))
    parts = repeat_rows(split_rows(batches, 2), 2)
    found = trained_weights(parts, RDropCrossEntropy(5.0, 0.1, reduction="sum"), parts=2)
    for found_weight, weight in zip(found, expected, strict=True):
        np.testing.assert_allclose(found_weight, weight, atol=1e-6)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_processes_share_the_rows_of_a_batch(batches, count):
    ((inputs, labels),) = batches.take(1)
    shares = [next(iter(take_rows(batches, index, count))) for index in range(count)]
    assert len({share[1].shape for share in shares}) == 1
    np.testing.assert_array_equal(np.concatenate([share[1] for share in shares])[:7], labels)
    sources = np.concatenate([share[0]["source_ids"] for share in shares])
    np.testing.assert_array_equal(sources[:7], inputs["source_ids"])
    assert not sources[7:].any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((2, 2), r"`index` must be at least 0 and below `count`\. Received: index=2, count=2\."),
        ((-1, 2), r"Received: index=-1, count=2\."),
        ((0, 2, 0), r"`devices` must be at least 1\. Received: devices=0\."),
    ],
)
def test_rows_of_a_process_that_is_none_are_refused(batches, arguments, message):
    with pytest.raises(ValueError, match=message):
        take_rows(batches, *arguments)


def test_batches_with_weights_are_counted(batches):
    assert count_batches(split_rows(batches, 2))[0] == 2 * count_batches(batches)[0] == 8
