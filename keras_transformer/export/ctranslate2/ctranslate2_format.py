"""The model in CTranslate2's format."""

import pathlib

import numpy as np

from keras_transformer.export.ctranslate2.activations import ACTIVATIONS, check_activation
from keras_transformer.models.quantized_layers import float_kernel
from keras_transformer.models.transformer_parts import transformer_parts
from keras_transformer.position_encodings import position_table
from keras_transformer.special_tokens import END_ID, PADDING_ID, START_ID, UNKNOWN_ID

# The logit of a token that is never generated. Half precision has it as well.
_NEVER = -1e4


def save_ctranslate2(model, source_tokens, target_tokens, path, quantize=None, num_positions=0):
    """Writes a folder for `ctranslate2.Translator`.

    CTranslate2 adds the start and the end token itself. Its inputs and outputs are written tokens without them.

    Args:
        model: a functional `keras.Model` of `build_transformer`.
        source_tokens: the written forms of the source vocabulary's tokens, in the order of ids.
        target_tokens: the written forms of the target vocabulary's tokens, the same list for a shared vocabulary.
        path: the folder. It is created if it is missing. Existing files are overwritten.
        quantize: None (default) for float32, "float16" or "int8".
        num_positions: for programs with their own options of the search: the smallest number of positions. Special
            tokens are then never generated, whatever the options. Default 0: the model's number of positions.

    Raises:
        ImportError: the package `ctranslate2` is missing.
        ValueError: the model was not built by `build_transformer`, CTranslate2 does not support its activation, or the
            size of a vocabulary differs from the model's.
    """
    parts = transformer_parts(model)
    _check_sizes(parts.config, source_tokens, target_tokens)
    spec = _transformer_spec(parts, source_tokens, target_tokens)
    if num_positions:
        _free_of_options(spec, parts, num_positions)
    spec.register_source_vocabulary(list(source_tokens))
    spec.register_target_vocabulary(list(target_tokens))
    spec.validate()
    spec.optimize(quantize)
    path = pathlib.Path(path)
    path.mkdir(parents=True, exist_ok=True)
    spec.save(str(path))


def _check_sizes(config, source_tokens, target_tokens):
    for name, tokens, size in [
        ("source_tokens", source_tokens, config.vocabulary_size),
        ("target_tokens", target_tokens, config.target_vocabulary_size),
    ]:
        if len(tokens) != size:
            raise ValueError(f"`{name}` must have the model's {size} tokens. Received: {len(tokens)} tokens.")


def _transformer_spec(parts, source_tokens, target_tokens):
    """Returns CTranslate2's specification of the model, including weights."""
    from ctranslate2 import specs  # noqa: PLC0415 (an optional dependency)

    config = parts.config
    check_activation(config)
    spec = specs.TransformerSpec.from_config(
        (config.num_encoder_layers, config.num_decoder_layers),
        config.num_heads,
        pre_norm=config.normalize_first,
        activation=getattr(specs.Activation, ACTIVATIONS[config.activation]),
    )
    spec.config.layer_norm_epsilon = config.layer_norm_epsilon
    spec.config.unk_token = target_tokens[UNKNOWN_ID]
    spec.config.bos_token = spec.config.decoder_start_token = target_tokens[START_ID]
    spec.config.eos_token = target_tokens[END_ID]
    spec.config.add_source_eos = config.source_end
    if config.source_prefix is not None:  # The decoder's start token is a separate setting.
        spec.config.bos_token = source_tokens[config.source_prefix]
        spec.config.add_source_bos = True

    _set_stack(spec.encoder, spec.encoder.embeddings[0], parts.source_embedding, parts.encoders, parts.encoder_norm)
    _set_stack(spec.decoder, spec.decoder.embeddings, parts.target_embedding, parts.decoders, parts.decoder_norm)
    if parts.output_projection is None:
        spec.decoder.projection.weight = _array(parts.target_embedding.embeddings)
    else:
        _set_dense(spec.decoder.projection, parts.output_projection)
    if parts.output_bias is not None:
        spec.decoder.projection.bias = _array(parts.output_bias.bias)
    return spec


def _free_of_options(spec, parts, num_positions):
    """Adds positions, without which CTranslate2 fails, and excludes special tokens by the bias of the output."""
    config = parts.config
    count = max(num_positions, config.num_positions)
    for stack in (spec.encoder, spec.decoder):
        stack.position_encodings.encodings = position_table(
            count, config.hidden_dim, config.first_position, config.position_frequencies
        )
    bias = np.zeros(config.target_vocabulary_size, "float32")
    bias = bias if parts.output_bias is None else _array(parts.output_bias.bias)
    bias[[PADDING_ID, UNKNOWN_ID, START_ID]] = _NEVER
    spec.decoder.projection.bias = bias


def _set_stack(spec, embeddings_spec, embedding, blocks, final_norm):
    """Sets embedding, positions, blocks and final normalisation of the encoder or the decoder."""
    embeddings_spec.weight = _array(embedding.embeddings)
    spec.position_encodings.encodings = embedding.positions
    for block_spec, block in zip(spec.layer, blocks):
        attention = block.self_attention
        _set_dense(block_spec.self_attention.linear[0], attention.query_key_value_dense)
        _set_dense(block_spec.self_attention.linear[1], attention.output_dense)
        _set_norm(block_spec.self_attention.layer_norm, block.self_attention_norm)
        if hasattr(block, "cross_attention"):
            attention = block.cross_attention
            _set_dense(block_spec.attention.linear[0], attention.query_dense)
            _set_dense(block_spec.attention.linear[1], attention.key_value_dense)
            _set_dense(block_spec.attention.linear[2], attention.output_dense)
            _set_norm(block_spec.attention.layer_norm, block.cross_attention_norm)
        _set_dense(block_spec.ffn.linear_0, block.feed_forward.intermediate_dense)
        _set_dense(block_spec.ffn.linear_1, block.feed_forward.output_dense)
        _set_norm(block_spec.ffn.layer_norm, block.feed_forward_norm)
    if final_norm is not None:
        _set_norm(spec.layer_norm, final_norm)


def _set_dense(spec, dense):
    """Sets a dense layer. CTranslate2 stores the kernel as (outputs, inputs). Quantised kernels become float32."""
    spec.weight = np.ascontiguousarray(float_kernel(dense).T)
    if dense.bias is not None:
        spec.bias = _array(dense.bias)


def _set_norm(spec, norm):
    spec.gamma, spec.beta = _array(norm.gamma), _array(norm.beta)


def _array(variable):
    return np.array(variable, dtype="float32")
