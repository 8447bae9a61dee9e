"""Computes values that must not depend on the Keras backend; `test_jax_backend.py` runs it on two.

As a script, it writes the results to the `.npz` file of its argument.
"""

import sys

import keras
import numpy as np

from keras_transformer import layers
from keras_transformer.losses import SmoothedCrossEntropy
from keras_transformer.metrics import Perplexity, TokenAccuracy
from keras_transformer.models import TransformerConfig, build_transformer, with_chunked_loss, with_guided_alignment
from keras_transformer.schedules import WarmupSchedule

if keras.backend.backend() == "jax":
    import jax
else:
    import tensorflow as tf

SOURCE = np.array([[7, 8, 9, 3], [7, 3, 0, 0]])
TARGET = np.array([[2, 5, 6, 7], [2, 9, 0, 0]])
LABELS = np.array([[5, 6, 7, 3], [9, 3, 0, 0]])
ALIGNMENTS = np.array([np.eye(4), np.zeros((4, 4))], "int8")
INPUTS = {"source_ids": SOURCE, "target_ids": TARGET}
HIDDEN_STATES = np.random.default_rng(1).normal(size=(2, 4, 16)).astype("float32")
ENCODED = np.random.default_rng(2).normal(size=(2, 4, 16)).astype("float32")
LOGITS = np.random.default_rng(3).normal(0, 3, (2, 4, 30)).astype("float32")


def compute():
    """The results, NumPy arrays by name."""
    return {**layer_outputs(), **loss_and_gradient(), **training(), "embedding_mask": predicted_with_mask_of_keras()}


def layer_outputs():
    embedding = layers.PositionalEmbedding(30, 16, 9)
    self_attention, cross_attention = layers.MultiHeadSelfAttention(4), layers.MultiHeadCrossAttention(4)
    feed_forward = layers.FeedForward(32)
    outputs = {
        "padding_mask": layers.PaddingMask()(SOURCE),
        "self_attention": called(self_attention, HIDDEN_STATES, padding_mask=SOURCE > 0, use_causal_mask=True),
        "cross_attention": called(cross_attention, HIDDEN_STATES, ENCODED, padding_mask=SOURCE > 0),
        "feed_forward": called(feed_forward, HIDDEN_STATES),
        "embedding": called(embedding, SOURCE),
        "output_bias": called(layers.OutputBias(), LOGITS),
        "reverse": embedding(HIDDEN_STATES, reverse=True),
    }
    masks = {"decoder_padding_mask": TARGET > 0, "encoder_padding_mask": SOURCE > 0}
    for normalize_first in (False, True):
        encoder = layers.TransformerEncoder(32, 4, normalize_first=normalize_first)
        decoder = layers.TransformerDecoder(32, 4, normalize_first=normalize_first)
        outputs[f"encoder_{normalize_first}"] = called(encoder, HIDDEN_STATES, padding_mask=SOURCE > 0)
        outputs[f"causal_{normalize_first}"] = encoder(HIDDEN_STATES, use_causal_mask=True)
        outputs[f"decoder_{normalize_first}"] = called(decoder, HIDDEN_STATES, ENCODED, **masks)
    return {name: keras.ops.convert_to_numpy(output) for name, output in outputs.items()}


def called(layer, *inputs, **arguments):
    """The layer's output with weights that are the same on every backend."""
    layer.build(*[array.shape for array in inputs])
    set_same_weights(layer)
    return layer(*inputs, **arguments)


def predicted_with_mask_of_keras():
    """Returns the output of a compiled `predict` if only the mask of Keras's embedding marks padding."""
    inputs = keras.Input((None,), dtype="int32")
    embedded = keras.layers.Embedding(30, 16, mask_zero=True)(inputs)
    encoded = layers.TransformerEncoder(32, 4)(embedded)
    model = keras.Model(inputs, layers.TransformerDecoder(32, 4)(embedded, encoded))
    set_same_weights(model)
    alone = model.predict(SOURCE[1:, :2], verbose=0)
    padded = model.predict(SOURCE, verbose=0)
    np.testing.assert_allclose(padded[1:, :2], alone, atol=1e-5)
    return padded


def set_same_weights(layer):
    generator = np.random.default_rng(0)
    for weight in layer.trainable_weights:
        weight.assign(generator.normal(0.1, 0.2, weight.shape).astype("float32"))


def loss_and_gradient():
    loss = SmoothedCrossEntropy(0.1)
    if keras.backend.backend() == "jax":
        value, gradient = jax.value_and_grad(lambda logits: loss(LABELS, logits))(LOGITS)
    else:
        logits = tf.constant(LOGITS)
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = loss(LABELS, logits)
        gradient = tape.gradient(value, logits)
    return {"single_loss": np.array(value), "loss_gradient": np.array(gradient)}


def training():
    """The logits, and the history of three steps of `fit`."""
    config = TransformerConfig(
        vocabulary_size=30,
        num_encoder_layers=1,
        num_decoder_layers=1,
        hidden_dim=16,
        intermediate_dim=32,
        num_heads=4,
        max_length=9,
        dropout=0.0,
    )
    guided = with_guided_alignment(with_chunked_loss(build_transformer(config)), head=2)
    set_same_weights(guided)
    model = build_transformer(config)
    set_same_weights(model)
    logits = keras.ops.convert_to_numpy(model(INPUTS))
    for each in (model, guided):
        each.compile(
            keras.optimizers.Adam(WarmupSchedule(peak=0.01, warmup_steps=2)),
            loss=SmoothedCrossEntropy(0.1),
            metrics=[Perplexity(), TokenAccuracy()],
        )
    history = guided.fit({**INPUTS, "alignments": ALIGNMENTS}, LABELS, epochs=3, verbose=0).history
    return {
        "logits": logits,
        **model.fit(INPUTS, LABELS, epochs=3, verbose=0).history,
        **{f"guided_{name}": values for name, values in history.items()},
    }


if __name__ == "__main__":
    np.savez(sys.argv[1], **compute())
