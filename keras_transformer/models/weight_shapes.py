import dataclasses
import math


def weight_shapes(config):
    """Lists the weights of the model that `build_transformer` builds from a config, without building it.

    Args:
        config: a `TransformerConfig`.

    Yields:
        The name of a weight in a weights file of Keras, and its shape.

    Example:

    >>> next(weight_shapes(kt.TransformerConfig.from_preset("tiny", vocabulary_size=8000)))
    ('layers/positional_embedding/vars/0', (8000, 128))
    """
    width, inner = config.hidden_dim, config.intermediate_dim
    tables = [config.vocabulary_size] if config.share_embeddings else _vocabularies(config)
    for number, size in enumerate(tables):
        yield f"{layer_name('positional_embedding', number)}/vars/0", (size, width)
    for number in range(config.num_encoder_layers):
        block = layer_name("transformer_encoder", number)
        yield from _self_attention(block, width)
        yield from _feed_forward(block, width, inner)
    for number in range(config.num_decoder_layers):
        block = layer_name("transformer_decoder", number)
        yield from _self_attention(block, width)
        yield from _cross_attention(block, width)
        yield from _feed_forward(block, width, inner)
    for number in range(2 * config.normalize_first):
        yield from _norm(layer_name("layer_normalization", number), width)
    if not config.share_output:
        yield f"{layer_name('dense', 0)}/vars/0", (width, config.target_vocabulary_size)
    if config.output_bias:
        yield f"{layer_name('output_bias', 0)}/vars/0", (config.target_vocabulary_size,)


def count_weights(config):
    """Returns the number of parameters of a config's model. The arguments are those of `weight_shapes`."""

    def count(encoders, decoders):
        small = dataclasses.replace(config, num_encoder_layers=encoders, num_decoder_layers=decoders)
        return sum(math.prod(shape) for _, shape in weight_shapes(small))

    encoder, decoder = count(2, 1) - count(1, 1), count(1, 2) - count(1, 1)
    return count(1, 1) + (config.num_encoder_layers - 1) * encoder + (config.num_decoder_layers - 1) * decoder


def is_dense(layer):
    """Returns whether a name in a weights file is that of a dense layer. Dense layers of blocks have a bias."""
    return layer.endswith("_dense") or layer == layer_name("dense", 0)


def _vocabularies(config):
    return [config.vocabulary_size, config.target_vocabulary_size]


def layer_name(name, number):
    """Returns Keras's name of a layer of a class in a weights file. The first has the number 0."""
    return f"layers/{name}_{number}" if number else f"layers/{name}"


def _self_attention(block, width):
    yield from _dense(f"{block}/self_attention/query_key_value_dense", width, 3 * width)
    yield from _dense(f"{block}/self_attention/output_dense", width, width)
    yield from _norm(f"{block}/self_attention_norm", width)


def _cross_attention(block, width):
    yield from _dense(f"{block}/cross_attention/query_dense", width, width)
    yield from _dense(f"{block}/cross_attention/key_value_dense", width, 2 * width)
    yield from _dense(f"{block}/cross_attention/output_dense", width, width)
    yield from _norm(f"{block}/cross_attention_norm", width)


def _feed_forward(block, width, inner):
    yield from _dense(f"{block}/feed_forward/intermediate_dense", width, inner)
    yield from _dense(f"{block}/feed_forward/output_dense", inner, width)
    yield from _norm(f"{block}/feed_forward_norm", width)


def _dense(name, inputs, outputs):
    yield f"{name}/vars/0", (inputs, outputs)
    yield f"{name}/vars/1", (outputs,)


def _norm(name, width):
    yield f"{name}/vars/0", (width,)
    yield f"{name}/vars/1", (width,)
