"""The encoder, and the decoder with caches, as graphs of ONNX."""

import math

import keras
import numpy as np

from keras_transformer.export.onnx.activations import ACTIVATIONS
from keras_transformer.export.onnx.graph_writer import GraphWriter
from keras_transformer.models.dtype_policy import in_float32
from keras_transformer.models.quantized_layers import float_kernel
from keras_transformer.models.transformer_parts import transformer_parts
from keras_transformer.special_tokens import END_ID, PADDING_ID

# Added to the products of hidden positions, as in `layers.attention.hiding_bias`.
_HIDDEN = 0.5 * float(np.finfo("float32").min)


def graphs_of_model(model, weights):
    """Returns the `TransformerGraphs` of a Keras model and a `WeightsFile`."""
    return TransformerGraphs(transformer_parts(in_float32(model)), weights)


class TransformerGraphs:
    """Writes the graphs of a model.

    Keys and values of all blocks are one tensor `(blocks, batch, num_heads, length, head_dim)`.

    Args:
        parts: the `TransformerParts` of a float32 model.
        weights: the `WeightsFile` of both graphs.
    """

    def __init__(self, parts, weights):
        self._parts, self._config, self._weights = parts, parts.config, weights
        self._graph = None

    def encoder(self):
        """Returns the `GraphWriter` of the encoder: source ids to keys and values of cross-attention, and the mask."""
        graph = self._graph = GraphWriter("encoder", self._weights)
        token_ids = graph.input("source_ids", "INT64", ["batch", "source_length"])
        if self._config.source_prefix is not None:
            batch = graph.node("Slice", graph.node("Shape", token_ids), [0], [1])
            one = graph.node("Concat", batch, [1], axis=0)
            prefix = graph.node("Expand", np.array([[self._config.source_prefix]]), one)
            token_ids = graph.node("Concat", prefix, token_ids, axis=1)
        mask = graph.node("Not", graph.node("Equal", token_ids, PADDING_ID))
        if self._parts.source_mask.hides_end:
            mask = graph.node("And", mask, graph.node("Not", graph.node("Equal", token_ids, END_ID)))
        bias = self._hiding(graph.node("Unsqueeze", mask, [1, 2]))
        positions = graph.node("Slice", self._positions("source"), [0], self._length(token_ids), [0])
        x = self._embed(self._parts.source_embedding, self._source_name, token_ids, positions)
        for number, block in enumerate(self._parts.encoders):
            name = f"encoder_{number}"
            x = self._sublayer(
                x,
                block.self_attention_norm,
                f"{name}.self_attention_norm",
                self._self_attention(block.self_attention, f"{name}.self_attention", bias),
            )
            x = self._feed_forward(x, block, name)
        if self._parts.encoder_norm is not None:
            x = self._norm(x, self._parts.encoder_norm, "encoder_norm")
        caches = [self._cross_cache(x, block, f"decoder_{number}") for number, block in enumerate(self._parts.decoders)]
        length = "source_length" if self._config.source_prefix is None else "source_length_with_prefix"
        for name, tensors in zip(("cross_keys", "cross_values"), zip(*caches, strict=True), strict=True):
            graph.output(self._stacked(tensors), name, "FLOAT", self._cache_shape(length))
        graph.output(mask, "source_mask", "BOOL", ["batch", length])
        return graph

    def decoder(self):
        """Returns the `GraphWriter` of the decoder: further target ids and the caches to logits and longer caches."""
        graph = self._graph = GraphWriter("decoder", self._weights)
        token_ids = graph.input("target_ids", "INT64", ["batch", "steps"])
        caches = [graph.input(name, "FLOAT", self._cache_shape("past")) for name in ("keys", "values")]
        cross = [graph.input(name, "FLOAT", self._cache_shape("source")) for name in ("cross_keys", "cross_values")]
        source_mask = graph.input("source_mask", "BOOL", ["batch", "source"])
        cross_bias = self._hiding(graph.node("Unsqueeze", source_mask, [1, 2]))
        past = graph.node("Slice", graph.node("Shape", caches[0]), [3], [4])
        end = graph.node("Add", past, self._length(token_ids))
        positions = graph.node("Slice", self._positions("target"), past, end, [0])
        # Each of the new tokens attends to the earlier ones and itself.
        all_positions = graph.node("Range", 0, graph.node("Squeeze", end), 1)
        queries = graph.node("Slice", all_positions, past, end)
        bias = self._hiding(
            graph.node(
                "GreaterOrEqual", graph.node("Unsqueeze", queries, [1]), graph.node("Unsqueeze", all_positions, [0])
            )
        )
        x = self._embed(self._parts.target_embedding, self._target_name, token_ids, positions)
        new_caches = []
        for number, block in enumerate(self._parts.decoders):
            name = f"decoder_{number}"
            own, others = ([graph.node("Gather", each, number, axis=0) for each in pair] for pair in (caches, cross))
            x = self._sublayer(
                x,
                block.self_attention_norm,
                f"{name}.self_attention_norm",
                self._self_attention(block.self_attention, f"{name}.self_attention", bias, own, new_caches),
            )
            x = self._sublayer(
                x,
                block.cross_attention_norm,
                f"{name}.cross_attention_norm",
                self._cross_attention(block.cross_attention, f"{name}.cross_attention", cross_bias, others),
            )
            x = self._feed_forward(x, block, name)
        if self._parts.decoder_norm is not None:
            x = self._norm(x, self._parts.decoder_norm, "decoder_norm")
        graph.output(self._logits(x), "logits", "FLOAT", ["batch", "steps", self._config.target_vocabulary_size])
        for name, tensors in zip(("new_keys", "new_values"), zip(*new_caches, strict=True), strict=True):
            graph.output(self._stacked(tensors), name, "FLOAT", self._cache_shape("past_and_steps"))
        return graph

    @property
    def _source_name(self):
        return self._target_name if self._config.share_embeddings else "source_embedding"

    @property
    def _target_name(self):
        return "embedding" if self._config.share_embeddings else "target_embedding"

    def _cache_shape(self, length):
        config = self._config
        return [config.num_decoder_layers, "batch", config.num_heads, length, config.hidden_dim // config.num_heads]

    def _length(self, token_ids):
        return self._graph.node("Slice", self._graph.node("Shape", token_ids), [1], [2])

    def _positions(self, side):
        embedding = getattr(self._parts, f"{side}_embedding")
        return self._graph.weight("positions", embedding.positions)

    def _embed(self, embedding, name, token_ids, positions):
        graph = self._graph
        rows = graph.node("Gather", graph.weight(name, _array(embedding.embeddings)), token_ids, axis=0)
        return graph.node("Add", graph.node("Mul", rows, math.sqrt(self._config.hidden_dim)), positions)

    def _logits(self, x):
        graph, parts = self._graph, self._parts
        if parts.output_projection is None:
            # The table of the look-up, which is not transposed.
            shape = graph.node("Concat", graph.node("Slice", graph.node("Shape", x), [0], [2]), [-1], axis=0)
            flat = graph.node("Reshape", x, [-1, self._config.hidden_dim])
            table = graph.weight(self._target_name, _array(parts.target_embedding.embeddings))
            logits = graph.node("Reshape", graph.node("Gemm", flat, table, transB=1), shape)
        else:
            kernel = graph.weight("output_projection", float_kernel(parts.output_projection))
            logits = graph.node("MatMul", x, kernel)
        if parts.output_bias is None:
            return logits
        return graph.node("Add", logits, graph.weight("output_bias", _array(parts.output_bias.bias)))

    def _sublayer(self, x, norm, norm_name, apply):
        """Returns the residual sum of `x` and a sub-layer, with its normalisation."""
        if self._config.normalize_first:
            return self._graph.node("Add", x, apply(self._norm(x, norm, norm_name)))
        return self._norm(self._graph.node("Add", x, apply(x)), norm, norm_name)

    def _self_attention(self, attention, name, bias, cache=None, new_caches=None):
        def apply(x):
            graph = self._graph
            projected = self._dense(x, attention.query_key_value_dense, f"{name}.query_key_value")
            query, *key_value = (self._heads(part) for part in graph.node("Split", projected, outputs=3, axis=-1))
            if cache is not None:
                key_value = [graph.node("Concat", old, new, axis=2) for old, new in zip(cache, key_value, strict=True)]
                new_caches.append(key_value)
            return self._attend(query, *key_value, bias, attention.output_dense, name)

        return apply

    def _cross_attention(self, attention, name, bias, key_value):
        def apply(x):
            query = self._heads(self._dense(x, attention.query_dense, f"{name}.query"))
            return self._attend(query, *key_value, bias, attention.output_dense, name)

        return apply

    def _cross_cache(self, x, block, name):
        dense = block.cross_attention.key_value_dense
        projected = self._dense(x, dense, f"{name}.cross_attention.key_value")
        return [self._heads(part) for part in self._graph.node("Split", projected, outputs=2, axis=-1)]

    def _attend(self, query, key, value, bias, output_dense, name):
        graph, width = self._graph, self._config.hidden_dim
        scaled = graph.node("Mul", query, (width // self._config.num_heads) ** -0.5)
        products = graph.node("MatMul", scaled, graph.node("Transpose", key, perm=[0, 1, 3, 2]))
        scores = graph.node("Softmax", graph.node("Add", products, bias), axis=-1)
        mixed = graph.node("Transpose", graph.node("MatMul", scores, value), perm=[0, 2, 1, 3])
        return self._dense(graph.node("Reshape", mixed, [0, 0, width]), output_dense, f"{name}.output")

    def _feed_forward(self, x, block, name):
        def apply(inputs):
            inner = self._dense(inputs, block.feed_forward.intermediate_dense, f"{name}.intermediate")
            inner = ACTIVATIONS[self._config.activation](self._graph, inner)
            return self._dense(inner, block.feed_forward.output_dense, f"{name}.feed_forward_output")

        return self._sublayer(x, block.feed_forward_norm, f"{name}.feed_forward_norm", apply)

    def _heads(self, x):
        config = self._config
        shape = [0, 0, config.num_heads, config.hidden_dim // config.num_heads]
        return self._graph.node("Transpose", self._graph.node("Reshape", x, shape), perm=[0, 2, 1, 3])

    def _stacked(self, tensors):
        graph = self._graph
        return graph.node("Concat", *(graph.node("Unsqueeze", tensor, [0]) for tensor in tensors), axis=0)

    def _hiding(self, mask):
        return self._graph.node("Where", mask, 0.0, _HIDDEN)

    def _dense(self, x, dense, name):
        product = self._graph.node("MatMul", x, self._graph.weight(f"{name}.kernel", float_kernel(dense)))
        return self._graph.node("Add", product, self._graph.weight(f"{name}.bias", _array(dense.bias)))

    def _norm(self, x, norm, name):
        graph = self._graph
        gamma, beta = (
            graph.weight(f"{name}.{part}", _array(variable))
            for part, variable in (("gamma", norm.gamma), ("beta", norm.beta))
        )
        return graph.node("LayerNormalization", x, gamma, beta, axis=-1, epsilon=float(self._config.layer_norm_epsilon))


def _array(variable):
    return keras.ops.convert_to_numpy(variable).astype("float32")
