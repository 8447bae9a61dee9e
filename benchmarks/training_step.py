"""Time of a training step in `model.fit`: this library's layers against keras-nlp's, side by side in one process.

Both models are a tiny Transformer (4+4 layers, 128/256, 4 heads, 10,000 shared tokens) trained with Adam and dropout
0.3 on batches of 128 x (24 + 24) tokens without padding. keras-nlp's layers are measured twice: with this library's
loss, so that only the layers differ, and with Keras's own cross-entropy. Rounds of steps alternate, so
that other load on the machine affects all of them alike.

Usage: python benchmarks/training_step.py [--rounds 5] [--steps 10] [--precision float32]
"""

import argparse
import statistics
import time

import keras
import keras_nlp
import numpy as np
import tensorflow as tf

import keras_transformer as kt

VOCABULARY_SIZE, BATCH_SIZE, LENGTH, DROPOUT = 10_000, 128, 24, 0.3
CONFIG = kt.TransformerConfig.from_preset("tiny", vocabulary_size=VOCABULARY_SIZE, dropout=DROPOUT)


def keras_nlp_model():
    """The same architecture from `keras_nlp.layers`."""
    source_ids = keras.Input((None,), dtype="int32", name="source_ids")
    target_ids = keras.Input((None,), dtype="int32", name="target_ids")
    embedding = keras_nlp.layers.ReversibleEmbedding(VOCABULARY_SIZE, CONFIG.hidden_dim)
    positions = keras_nlp.layers.SinePositionEncoding()

    def embed(token_ids):
        x = embedding(token_ids) * CONFIG.hidden_dim**0.5
        return keras.layers.Dropout(DROPOUT)(x + positions(x))

    arguments = {"intermediate_dim": CONFIG.intermediate_dim, "num_heads": CONFIG.num_heads, "dropout": DROPOUT}
    padding_mask = keras.ops.not_equal(source_ids, 0)
    x = embed(source_ids)
    for _ in range(CONFIG.num_encoder_layers):
        x = keras_nlp.layers.TransformerEncoder(**arguments)(x, padding_mask=padding_mask)
    y = embed(target_ids)
    for _ in range(CONFIG.num_decoder_layers):
        y = keras_nlp.layers.TransformerDecoder(**arguments)(y, x, encoder_padding_mask=padding_mask)
    logits = keras.layers.Activation("linear", dtype="float32")(embedding(y, reverse=True))
    return keras.Model({"source_ids": source_ids, "target_ids": target_ids}, logits)


def batches(steps):
    rng = np.random.default_rng(0)
    source_ids, target_ids, labels = rng.integers(4, VOCABULARY_SIZE, (3, BATCH_SIZE, LENGTH), dtype="int32")
    data = tf.data.Dataset.from_tensors(({"source_ids": source_ids, "target_ids": target_ids}, labels))
    return data.repeat(steps)


class StepTimes(keras.callbacks.Callback):
    """Collects the milliseconds of every step."""

    def __init__(self):
        super().__init__()
        self.milliseconds = []

    def on_train_batch_begin(self, batch, logs=None):
        self._start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self.milliseconds.append(1000 * (time.perf_counter() - self._start))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--precision", choices=("float32", "mixed_bfloat16"), default="float32")
    options = parser.parse_args()
    keras.config.set_dtype_policy(options.precision)

    contestants = {
        "keras-transformer": (kt.build_transformer(CONFIG), kt.losses.SmoothedCrossEntropy(0.1)),
        "keras-nlp layers, the same loss": (keras_nlp_model(), kt.losses.SmoothedCrossEntropy(0.1)),
        "keras-nlp layers, Keras's cross-entropy": (
            keras_nlp_model(),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        ),
    }
    times = {name: StepTimes() for name in contestants}
    for model, loss in contestants.values():
        model.compile(keras.optimizers.Adam(1e-3), loss=loss, jit_compile=False)
        model.fit(batches(3), verbose=0, shuffle=False)
    for _ in range(options.rounds):
        for name, (model, _) in contestants.items():
            model.fit(batches(options.steps), verbose=0, shuffle=False, callbacks=[times[name]])

    medians = {name: statistics.median(step_times.milliseconds) for name, step_times in times.items()}
    print(f"| {options.precision}, median of {options.rounds * options.steps} steps | ms | times keras-transformer's |")
    print("|---|---|---|")
    for name, median in medians.items():
        print(f"| {name} | {median:.0f} | {median / medians['keras-transformer']:.2f} |")


if __name__ == "__main__":
    main()
