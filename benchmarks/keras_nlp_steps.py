"""Steps of a Transformer of keras-nlp's layers in `training_step.py`."""

import keras_transformer as kt

kt.use_onednn()  # isort: split
import keras
import keras_nlp
from keras_steps import peak_megabytes, set_up, steps_of
from step_settings import PRESETS

__all__ = ["peak_megabytes", "with_loss_of_keras", "with_loss_of_library"]


def with_loss_of_library(settings):
    set_up(settings)
    return steps_of(keras_nlp_model(settings), settings, kt.losses.SmoothedCrossEntropy(0.1))


def with_loss_of_keras(settings):
    set_up(settings)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return steps_of(keras_nlp_model(settings), settings, loss)


def keras_nlp_model(settings):
    """The same architecture from `keras_nlp.layers`."""
    num_layers, width, inner, heads = PRESETS[settings.preset]
    source_ids = keras.Input((None,), dtype="int32", name="source_ids")
    target_ids = keras.Input((None,), dtype="int32", name="target_ids")
    embedding = keras_nlp.layers.ReversibleEmbedding(settings.vocabulary_size, width)
    positions = keras_nlp.layers.SinePositionEncoding()

    def embed(token_ids):
        x = embedding(token_ids) * width**0.5
        return keras.layers.Dropout(settings.dropout)(x + positions(x))

    arguments = {"intermediate_dim": inner, "num_heads": heads, "dropout": settings.dropout}
    padding_mask = keras.ops.not_equal(source_ids, 0)
    x = embed(source_ids)
    for _ in range(num_layers):
        x = keras_nlp.layers.TransformerEncoder(**arguments)(x, padding_mask=padding_mask)
    y = embed(target_ids)
    for _ in range(num_layers):
        y = keras_nlp.layers.TransformerDecoder(**arguments)(y, x, encoder_padding_mask=padding_mask)
    logits = keras.layers.Activation("linear", dtype="float32")(embedding(y, reverse=True))
    return keras.Model({"source_ids": source_ids, "target_ids": target_ids}, logits)
