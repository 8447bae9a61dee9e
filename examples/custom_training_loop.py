"""A training loop without `model.fit`: `tf.GradientTape`, gradient clipping, and two metrics.

The model learns to sort: the source is a list of letters, the target has the same letters in the order of the alphabet.

Usage: python examples/custom_training_loop.py [--steps STEPS] [--seed SEED]
"""

import argparse
import sys

import numpy as np

import keras_transformer as kt

kt.use_onednn()  # isort: split  (before Keras imports TensorFlow)
import keras
import tensorflow as tf

from keras_transformer.special_tokens import END_ID, PADDING_ID, START_ID

LOWEST_EXACT = 0.98
BATCH_SIZE, NUM_TEST, LARGEST_NORM = 128, 1000, 1.0
FEWEST, MOST = 4, 10
FIRST_LETTER, NUM_LETTERS = END_ID + 1, 26


def make_batch(size, generator):
    """Returns source, target input and labels, `(size, MOST + 1)` token ids."""
    source, target, labels = np.full((3, size, MOST + 1), PADDING_ID, "int32")
    for number, length in enumerate(generator.integers(FEWEST, MOST + 1, size)):
        letters = generator.integers(FIRST_LETTER, FIRST_LETTER + NUM_LETTERS, length)
        source[number, : length + 1] = [*letters, END_ID]
        target[number, : length + 1] = [START_ID, *np.sort(letters)]
        labels[number, : length + 1] = [*np.sort(letters), END_ID]
    return source, target, labels


def to_text(token_ids):
    return "".join(chr(ord("a") + number - FIRST_LETTER) for number in token_ids if number >= FIRST_LETTER)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=600, help="training steps [default: %(default)s]")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    keras.utils.set_random_seed(options.seed)
    generator = np.random.default_rng(options.seed)

    config = kt.TransformerConfig(
        vocabulary_size=FIRST_LETTER + NUM_LETTERS,
        num_encoder_layers=2,
        num_decoder_layers=2,
        hidden_dim=64,
        intermediate_dim=128,
        num_heads=4,
        dropout=0.0,
        normalize_first=True,
        max_length=32,
    )
    model = kt.build_transformer(config)
    schedule = kt.schedules.WarmupSchedule(
        peak=3e-3, warmup_steps=max(1, options.steps // 10), decay="cosine", total_steps=options.steps + 1
    )
    optimizer = keras.optimizers.Adam(schedule, beta_2=0.98)
    loss_function = kt.losses.SmoothedCrossEntropy()
    perplexity, accuracy = kt.metrics.Perplexity(), kt.metrics.TokenAccuracy()

    @tf.function
    def train_step(source_ids, target_ids, labels):
        with tf.GradientTape() as tape:
            logits = model({"source_ids": source_ids, "target_ids": target_ids}, training=True)
            loss = loss_function(labels, logits)
        gradients = tape.gradient(loss, model.trainable_variables)
        gradients, norm = tf.clip_by_global_norm(gradients, LARGEST_NORM)
        optimizer.apply(gradients, model.trainable_variables)
        for metric in (perplexity, accuracy):
            metric.update_state(labels, logits)
        return loss, norm

    for step in range(1, options.steps + 1):
        loss, norm = train_step(*map(tf.constant, make_batch(BATCH_SIZE, generator)))
        if step % 250 == 0 or step == options.steps:
            print(
                f"step {step}: loss {float(loss):.3f}, gradient norm {float(norm):.2f}, "
                f"perplexity {float(perplexity.result()):.2f}, token accuracy {float(accuracy.result()):.1%}"
            )
            for metric in (perplexity, accuracy):
                metric.reset_state()

    source_ids, _, labels = make_batch(NUM_TEST, generator)
    outputs = kt.generation.Generator(model).generate(source_ids, beam_size=1).token_ids[:, 0].numpy()
    found, expected = ([to_text(row) for row in rows] for rows in (outputs, labels))
    print(f"{to_text(source_ids[0])}  ->  {found[0]}")
    exact = np.mean([each == other for each, other in zip(found, expected)])
    print(f"exact match {exact:.1%} of {NUM_TEST:,} new lists (required: at least {LOWEST_EXACT:.0%})")
    return 0 if exact >= LOWEST_EXACT else 1


if __name__ == "__main__":
    sys.exit(main())
