"""Selects the weights of a model that are trained: `[training] freeze` and `lora_rank`."""

from keras_transformer.models import transformer_parts
from keras_transformer.models.quantized_layers import dense_layers

_BLOCKS = {"encoder": "layers/transformer_encoder", "decoder": "layers/transformer_decoder"}


def select_trained_weights(model, freeze=(), lora_rank=None):
    """Marks weights of a model as not trainable. Call it before `compile`. The optimizer then has no slots for them.

    Args:
        model: a model of `build_transformer` in which all weights are trainable.
        freeze: names of parts that are not trained, of `PARTS`.
        lora_rank: rank of low-rank updates of the dense layers of the blocks that are not frozen. Only the updates are
            trained, and they start at 0. Default None: all weights that are not frozen are trained.
    """
    parts = transformer_parts(model)
    layers = {
        "encoder": [*parts.encoders, parts.encoder_norm],
        "decoder": [*parts.decoders, parts.decoder_norm, parts.output_projection, parts.output_bias],
        "embeddings": [parts.source_embedding, parts.target_embedding],
    }
    for part in freeze:
        for layer in filter(None, layers[part]):
            _freeze(layer.trainable_variables)
    if lora_rank:
        weights = model.trainable_variables
        blocks = tuple(name for part, name in _BLOCKS.items() if part not in freeze)
        for name, dense in dense_layers(model).items():
            if name.startswith(blocks):
                dense.enable_lora(lora_rank)
        _freeze(weights)


def _freeze(variables):
    for variable in variables:
        variable.trainable = False
