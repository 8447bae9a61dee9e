"""Trains on one device and on two replicas of `tf.distribute`; `test_replicas.py` compares the results.

As a script, it writes the results to the `.npz` file of its argument. The two logical devices need a separate process,
because TensorFlow makes them when it starts.
"""

import contextlib
import sys

import keras
import numpy as np
import tensorflow as tf

from keras_transformer.losses import ExpectedRisk, RDropCrossEntropy, SmoothedCrossEntropy
from keras_transformer.metrics import Perplexity, TokenAccuracy
from keras_transformer.models import with_chunked_loss

VOCABULARY_SIZE, LENGTH = 20, 6


def batches_of(rows, batch_size, copies=1, sample_weight=None, without_tokens=()):
    """A dataset of token rows of unequal lengths, each `copies` times. Rows in `without_tokens` are padding only."""
    generator = np.random.default_rng(rows)
    labels = generator.integers(4, VOCABULARY_SIZE, (rows, LENGTH))
    labels[np.arange(LENGTH) >= generator.integers(1, LENGTH + 1, (rows, 1))] = 0
    labels[list(without_tokens)] = 0
    labels = np.repeat(labels, copies, axis=0)
    inputs = generator.integers(0, VOCABULARY_SIZE, labels.shape)
    arrays = (inputs, labels) if sample_weight is None else (inputs, labels, sample_weight.astype("float32"))
    return tf.data.Dataset.from_tensor_slices(arrays).batch(batch_size)


def cases():
    """Losses and datasets by name.

    The two parts of a batch have unequal numbers of tokens. The plain dataset has a part without tokens and a batch
    without tokens. Its last batch has one row, so that the second replica gets no row.
    """
    random = np.random.default_rng(0).random
    return {
        "smoothed": (SmoothedCrossEntropy(0.1), batches_of(13, 4, without_tokens=(6, 7, 8, 9, 10, 11))),
        "weighted_sum": (SmoothedCrossEntropy(reduction="sum"), batches_of(7, 4, sample_weight=random((7, LENGTH)))),
        "r_drop": (RDropCrossEntropy(5.0, 0.1), batches_of(6, 8, copies=2)),
        "chunked": (SmoothedCrossEntropy(0.1), batches_of(13, 4, without_tokens=(6, 7, 8, 9, 10, 11))),
        "chunked_regularized": (SmoothedCrossEntropy(0.1), batches_of(13, 4)),
        "risk": (ExpectedRisk(2), batches_of(6, 12, copies=3, sample_weight=random(18))),
    }


def train(strategy, name, loss, batches):
    """The reported numbers of `evaluate` and of two epochs of `fit`, and the weights after it."""
    keras.utils.set_random_seed(0)
    with strategy.scope() if strategy else contextlib.nullcontext():
        tokens = keras.Input((LENGTH,), dtype="int32")
        regularizer = keras.regularizers.L2(0.5) if name == "chunked_regularized" else None
        hidden = keras.layers.Embedding(VOCABULARY_SIZE, 8, embeddings_regularizer=regularizer)(tokens)
        model = keras.Model(tokens, keras.layers.Dense(VOCABULARY_SIZE, use_bias=False)(hidden))
        model = with_chunked_loss(model) if name.startswith("chunked") else model
        rate = 0.005 if loss.reduction == "sum" else 0.5
        # A loss in chunks computes the metrics only if they have no weights.
        metrics = {"metrics" if name.startswith("chunked") else "weighted_metrics": [Perplexity(), TokenAccuracy()]}
        model.compile(keras.optimizers.SGD(rate), loss, **metrics, jit_compile=False)
    evaluated = model.evaluate(batches, verbose=0)
    history = model.fit(batches, epochs=2, verbose=0).history
    reported = np.concatenate([evaluated, *history.values()])
    return reported, np.concatenate([weight.ravel() for weight in model.get_weights()])


def compute():
    """The results, NumPy arrays by name."""
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    results = {}
    for name, case in cases().items():
        for devices, used in (("one", None), ("two", strategy)):
            results[f"{name}/{devices}/reported"], results[f"{name}/{devices}/weights"] = train(used, name, *case)
    return results


if __name__ == "__main__":
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
    )
    np.savez(sys.argv[1], **compute())
