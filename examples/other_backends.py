"""The layers on Keras's backends: TensorFlow, JAX and PyTorch.

The model is made of layers of `kt.layers` and learns to reverse a list of letters. Layers, losses, metrics and
schedules run on every backend. Text, generation and export need TensorFlow.

Usage: KERAS_BACKEND=jax python examples/other_backends.py [--steps STEPS] [--seed SEED]

JAX: `pip install jax`. PyTorch: `pip install torch` (it is no dependency of this library).
"""

import argparse
import sys

import numpy as np

import keras_transformer as kt

kt.use_onednn()  # isort: split  (before Keras imports TensorFlow)
import keras

LOWEST_ACCURACY = 0.98
BATCH_SIZE, NUM_TEST, LENGTH = 64, 1024, 12
START, FIRST_LETTER, NUM_LETTERS = 1, 2, 26
VOCABULARY_SIZE, HIDDEN_DIM = FIRST_LETTER + NUM_LETTERS, 64


def make_lists(count, generator):
    """Returns inputs and labels. The target input is the label sequence, one position later, after the start token."""
    sources = generator.integers(FIRST_LETTER, VOCABULARY_SIZE, (count, LENGTH)).astype("int32")
    labels = np.ascontiguousarray(sources[:, ::-1])
    targets = np.concatenate([np.full((count, 1), START, "int32"), labels[:, :-1]], axis=1)
    return {"source_ids": sources, "target_ids": targets}, labels


def build_model():
    source_ids, target_ids = (
        keras.Input((LENGTH,), dtype="int32", name=f"{side}_ids") for side in ("source", "target")
    )
    embedding = kt.layers.PositionalEmbedding(VOCABULARY_SIZE, HIDDEN_DIM, max_length=LENGTH)
    block = {"intermediate_dim": 128, "num_heads": 4}
    encoded = embedding(source_ids)
    for _ in range(2):
        encoded = kt.layers.TransformerEncoder(**block)(encoded)
    decoded = embedding(target_ids)
    for _ in range(2):
        decoded = kt.layers.TransformerDecoder(**block)(decoded, encoded)
    return keras.Model({"source_ids": source_ids, "target_ids": target_ids}, embedding(decoded, reverse=True))


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=500, help="training steps [default: %(default)s]")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    keras.utils.set_random_seed(options.seed)
    generator = np.random.default_rng(options.seed)

    model = build_model()
    schedule = kt.schedules.WarmupSchedule(
        peak=2e-3, warmup_steps=max(1, options.steps // 6), decay="cosine", total_steps=options.steps
    )
    model.compile(
        keras.optimizers.Adam(schedule, beta_2=0.98),
        kt.losses.SmoothedCrossEntropy(),
        metrics=[kt.metrics.TokenAccuracy()],
    )
    inputs, labels = make_lists(options.steps * BATCH_SIZE, generator)
    model.fit(inputs, labels, batch_size=BATCH_SIZE, verbose=2)
    inputs, labels = make_lists(NUM_TEST, generator)
    accuracy = model.evaluate(inputs, labels, batch_size=BATCH_SIZE, verbose=0)[1]
    print(
        f"{keras.backend.backend()}: {accuracy:.1%} of the letters of {NUM_TEST:,} new lists are correct "
        f"(required: at least {LOWEST_ACCURACY:.0%})"
    )
    return 0 if accuracy >= LOWEST_ACCURACY else 1


if __name__ == "__main__":
    sys.exit(main())
