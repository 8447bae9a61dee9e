"""The forward pass in NumPy, from the weights of a model alone, with the names of the matrices of a page."""

import keras
import numpy as np

from keras_transformer.models.quantized_layers import float_kernel


def forward(parts, source_ids, target_ids):
    """Returns every matrix of the page by name, and the logits."""
    found = {}
    x = _embedded(parts.source_embedding, source_ids, "source", found)
    for number, block in enumerate(parts.encoders, 1):
        prefix = f"encoder/{number}"
        x = _attention(block, "self_attention", x, None, np.zeros((len(x), len(x))), prefix, found)
        x = _feed_forward(block, x, prefix, found)
    memory = found["encoder_sequence"] = _norm(parts.encoder_norm, x) if parts.encoder_norm else x
    x = _embedded(parts.target_embedding, target_ids, "target", found)
    later = np.triu(np.full((len(x), len(x)), 0.5 * np.finfo("float32").min, "float32"), 1)
    for number, block in enumerate(parts.decoders, 1):
        prefix = f"decoder/{number}"
        x = _attention(block, "self_attention", x, None, later, prefix, found)
        x = _attention(block, "cross_attention", x, memory, np.zeros((len(x), len(memory))), prefix, found)
        x = _feed_forward(block, x, prefix, found)
    x = found["decoder_sequence"] = _norm(parts.decoder_norm, x) if parts.decoder_norm else x
    shared = parts.output_projection is None
    logits = x @ (np.array(parts.target_embedding.embeddings).T if shared else np.array(parts.output_projection.kernel))
    return found, logits if parts.output_bias is None else logits + np.array(parts.output_bias.bias)


def _embedded(layer, token_ids, side, found):
    width = layer.hidden_dim
    rows = np.array(layer.embeddings)[token_ids]
    positions = np.zeros((len(token_ids), width))
    for position in range(len(token_ids)):
        for pair in range(width // 2):
            angle = position / 10000 ** (2 * pair / width)
            positions[position, 2 * pair : 2 * pair + 2] = np.sin(angle), np.cos(angle)
    found[f"{side}/rows"] = rows
    found[f"{side}/scaled"] = rows * np.sqrt(width)
    found[f"{side}/positions"] = positions
    found[f"{side}/embedded"] = rows * np.sqrt(width) + positions
    return found[f"{side}/embedded"]


def _attention(block, name, x, memory, bias, prefix, found):
    layer, norm = getattr(block, name), getattr(block, f"{name}_norm")
    inputs = _norm(norm, x) if block.normalize_first else x
    if memory is None:
        query, key, value = np.split(_dense(layer.query_key_value_dense, inputs), 3, axis=-1)
    else:
        query = _dense(layer.query_dense, inputs)
        key, value = np.split(_dense(layer.key_value_dense, memory), 2, axis=-1)
    query, key, value = (_heads(part, layer.num_heads) for part in (query, key, value))
    unscaled = query @ key.transpose(0, 2, 1)
    products = unscaled / np.sqrt(query.shape[-1])
    powers = np.exp(products + bias - (products + bias).max(axis=-1, keepdims=True))
    scores = powers / powers.sum(axis=-1, keepdims=True)
    mixed = scores @ value
    outputs = _dense(layer.output_dense, np.concatenate(mixed, axis=-1))
    named = {"query": query, "key": key, "value": value, "unscaled": unscaled, "products": products}
    named |= {"bias": bias[np.newaxis], "scores": scores, "mixed": mixed, "sublayer_inputs": inputs}
    return _connected(block, norm, x, outputs, f"{prefix}/{name}", named, found)


def _feed_forward(block, x, prefix, found):
    layer, norm = block.feed_forward, block.feed_forward_norm
    inputs = _norm(norm, x) if block.normalize_first else x
    activation = keras.activations.get(layer.activation)
    intermediate = np.array(activation(_dense(layer.intermediate_dense, inputs).astype("float32")))
    outputs = _dense(layer.output_dense, intermediate)
    named = {"intermediate": intermediate, "sublayer_inputs": inputs}
    return _connected(block, norm, x, outputs, f"{prefix}/feed_forward", named, found)


def _connected(block, norm, x, outputs, prefix, named, found):
    total = x + outputs
    result = total if block.normalize_first else _norm(norm, total)
    named |= {"residual": x, "sublayer_outputs": outputs, "total": total, "result": result}
    found |= {f"{prefix}/{name}": matrix for name, matrix in named.items()}
    return result


def _dense(layer, x):
    return x @ float_kernel(layer) + np.array(layer.bias)


def _norm(layer, x):
    spread = np.sqrt(x.var(axis=-1, keepdims=True) + layer.epsilon)
    return (x - x.mean(axis=-1, keepdims=True)) / spread * np.array(layer.gamma) + np.array(layer.beta)


def _heads(x, num_heads):
    return np.stack(np.split(x, num_heads, axis=-1))
