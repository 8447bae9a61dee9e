import functools

import keras
import numpy as np

from keras_transformer.export.huggingface.safetensors_writer import LazyTensor, write_safetensors
from keras_transformer.importing.transformers_names import (
    BIAS,
    FINAL_NORM,
    POSITIONS,
    PROJECTION,
    SHARED,
    SIDES,
    TABLE,
    block_name,
    dense_names,
    norm_names,
    residual_order,
    writes_residual,
)
from keras_transformer.models.dtype_policy import in_float32
from keras_transformer.models.quantized_layers import float_kernel
from keras_transformer.models.transformer_parts import transformer_parts


def write_weights(path, model):
    """Writes the weights of a Keras model as a file of safetensors."""
    write_safetensors(path, huggingface_weights(transformer_parts(in_float32(model))))


def huggingface_weights(parts):
    """Returns the weights of a model in the order of Transformers, the inverse of `importing.TransformersWeights`.

    Args:
        parts: the `TransformerParts` of a float32 model.

    Returns:
        A dictionary from names to `LazyTensor`.
    """
    config = parts.config
    width, order = config.hidden_dim, np.argsort(residual_order(config.hidden_dim))
    tensors = _tables(parts, config, order)
    bias = np.zeros(config.target_vocabulary_size, "float32")
    bias = bias if parts.output_bias is None else parts.output_bias.bias
    tensors[BIAS] = LazyTensor((1, config.target_vocabulary_size), lambda: _array(bias)[np.newaxis])
    for side, blocks, final_norm in zip(
        SIDES, (parts.encoders, parts.decoders), (parts.encoder_norm, parts.decoder_norm), strict=True
    ):
        for number, block in enumerate(blocks):
            name = block_name(side, number)
            for path, names in dense_names(side).items():
                tensors |= _dense(name, names, _layer(block, path), order, writes_residual(path))
            for path, norm_name in norm_names(side).items():
                tensors |= _norm(f"{name}.{norm_name}", _layer(block, path), order, width)
        if final_norm is not None:
            # Transformers computes the positions, but reports them as missing for Pegasus.
            positions = parts.target_embedding.positions[: config.max_length, order]
            tensors[POSITIONS[0].format(side)] = LazyTensor(positions.shape, lambda positions=positions: positions)
            tensors |= _norm(FINAL_NORM.format(side), final_norm, order, width)
    return tensors


def _tables(parts, config, order):
    """Returns the embedding tables and the output projection.

    Transformers 5 ties no tables if the output projection is separate, so each has to be written.
    """
    sides = [TABLE.format(side) for side in SIDES]
    if not config.share_embeddings:
        names = {sides[0]: parts.source_embedding, sides[1]: parts.target_embedding}
    else:
        names = dict.fromkeys([SHARED, *(() if config.share_output else sides)], parts.target_embedding)
    tensors = {
        name: LazyTensor(
            (embedding.vocabulary_size, config.hidden_dim),
            lambda embedding=embedding: _array(embedding.embeddings)[:, order],
        )
        for name, embedding in names.items()
    }
    if parts.output_projection is not None:
        shape = (config.target_vocabulary_size, config.hidden_dim)
        tensors[PROJECTION] = LazyTensor(shape, lambda: float_kernel(parts.output_projection)[order].T)
    return tensors


def _dense(block, names, dense, order, writes):
    """Returns kernels and biases of a layer, which is several layers in Transformers if there are several names."""
    units, inputs = dense.units // len(names), dense.kernel.shape[0]

    def kernel(number):
        found = float_kernel(dense)
        found = found[:, order] if writes else found[order]
        return found[:, number * units : (number + 1) * units].T

    def bias(number):
        found = _array(dense.bias)
        return (found[order] if writes else found)[number * units : (number + 1) * units]

    tensors = {}
    for number, name in enumerate(names):
        tensors[f"{block}.{name}.weight"] = LazyTensor((units, inputs), functools.partial(kernel, number))
        tensors[f"{block}.{name}.bias"] = LazyTensor((units,), functools.partial(bias, number))
    return tensors


def _norm(name, norm, order, width):
    return {
        f"{name}.{part}": LazyTensor((width,), lambda variable=variable: _array(variable)[order])
        for part, variable in (("weight", norm.gamma), ("bias", norm.beta))
    }


def _layer(block, path):
    return functools.reduce(getattr, path.split("/"), block)


def _array(variable):
    return keras.ops.convert_to_numpy(variable).astype("float32")
