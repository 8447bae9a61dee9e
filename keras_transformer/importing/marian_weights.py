"""Weights of a MarianMT folder in the order of this library's model.

Transformers has the sines of the positions in the first half of the vector and the cosines in the second. Here they
alternate. All weights that read or write the residual stream are permuted accordingly.
"""

import numpy as np

from keras_transformer.errors import InputError
from keras_transformer.layers.positional_embedding import sinusoidal_positions
from keras_transformer.models.transformer_parts import transformer_parts

_SHARED, _PROJECTION, _BIAS = "model.shared.weight", "lm_head.weight", "final_logits_bias"
_TABLE, _POSITIONS = "model.{}.embed_tokens.weight", "model.{}.embed_positions.weight"
_SIDES = ("encoder", "decoder")
# Rows of a table that are read at a time.
_CHUNK = 4096
# A logit that no other can fall below, in half precision as well. The probability of such a token is exactly 0.
_NEVER = -1e4


class MarianWeights:
    """The weights of a MarianMT folder.

    Args:
        tensors: the file of `open_tensors`.
        config: the `MarianConfig`.

    Raises:
        InputError: a tensor is missing, has another shape, or belongs to another architecture.
    """

    def __init__(self, tensors, config):
        self._tensors = tensors
        self._config = config
        width = config.fields["hidden_dim"]
        self._order = np.arange(width).reshape(2, -1).T.reshape(-1)  # Sine, cosine, sine, cosine …
        self._width = width
        tables, tied = [_TABLE.format(side) for side in _SIDES], [_PROJECTION] if config.is_tied else []
        if config.is_shared:
            self._source_table = self._target_table = self._first(_SHARED, *tables, *tied)
        else:
            self._source_table, self._target_table = tables[0], self._first(tables[1], *tied)
        self._check()

    def _first(self, *names):
        """Returns the first of several names of the same weight that the file has."""
        return next((name for name in names if name in self._tensors.tensors), names[0])

    def _check(self):
        expected = {}
        for name, shape in self._expected():
            found = self._tensors.tensors.get(name)
            if found is None:
                raise InputError(f"{self._tensors.path}: the tensor {name} is missing.")
            if found.shape != shape:
                raise InputError(
                    f"{self._tensors.path}: {name} must have the shape {shape}, as config.json states. Received: "
                    f"{found.shape}."
                )
            expected[name] = shape
        size = self._config.target_size
        optional = {_SHARED, _PROJECTION, _BIAS} | {
            name.format(side) for name in (_TABLE, _POSITIONS) for side in _SIDES
        }
        others = sorted(self._tensors.tensors.keys() - expected.keys() - optional)
        if others:
            raise InputError(
                f"{self._tensors.path}: expected only the tensors of a post-norm MarianMT model. Received: {others[0]}."
            )
        bias = self._tensors.tensors.get(_BIAS)
        if bias is not None and bias.shape != (1, size):
            raise InputError(f"{self._tensors.path}: {_BIAS} must have the shape {(1, size)}. Received: {bias.shape}.")
        self._check_positions()

    def _expected(self):
        """Yields the name and the shape of each tensor that the file must have."""
        config, width = self._config, self._width
        inner = config.fields["intermediate_dim"]
        yield self._source_table, (config.source_size, width)
        yield self._target_table, (config.target_size, width)
        if not config.is_tied:
            yield _PROJECTION, (config.target_size, width)
        for side in _SIDES:
            attentions = ("self_attn",) if side == "encoder" else ("self_attn", "encoder_attn")
            for number in range(config.fields[f"num_{side}_layers"]):
                block = f"model.{side}.layers.{number}"
                for attention in attentions:
                    for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
                        yield f"{block}.{attention}.{part}.weight", (width, width)
                        yield f"{block}.{attention}.{part}.bias", (width,)
                for part, shape in (("fc1", (inner, width)), ("fc2", (width, inner))):
                    yield f"{block}.{part}.weight", shape
                    yield f"{block}.{part}.bias", shape[:1]
                for norm in (*attentions, "final"):
                    yield f"{block}.{norm}_layer_norm.weight", (width,)
                    yield f"{block}.{norm}_layer_norm.bias", (width,)

    def _check_positions(self):
        """Raises an InputError if the file has other positions than sines and cosines."""
        for side in _SIDES:
            name = _POSITIONS.format(side)
            stored = self._tensors.tensors.get(name)
            if stored is None:
                continue
            expected = (self._config.fields["max_length"], self._width)
            if stored.shape == expected:
                positions = sinusoidal_positions(*expected)
                if np.abs(self._tensors.read(name)[:, self._order] - positions).max() < 1e-3:
                    continue
            raise InputError(
                f"{self._tensors.path}: {name} must have the sines and cosines of {expected[0]} positions."
            )

    def load(self, model, vocabulary):
        """Sets the weights of a model.

        Args:
            model: the Keras model of the `TransformerConfig` of the folder.
            vocabulary: the `MarianVocabulary`.
        """
        parts, config = transformer_parts(model), self._config
        scale = 1.0 if config.is_scaled else self._width**-0.5
        # The largest weights come first, while memory holds no others.
        parts.source_embedding.embeddings.assign(self._table(self._source_table, vocabulary.source.rows, scale))
        if not config.is_shared:
            parts.target_embedding.embeddings.assign(self._table(self._target_table, vocabulary.target.rows, scale))
        if parts.output_projection is not None:
            name = self._target_table if config.is_tied else _PROJECTION
            parts.output_projection.kernel.assign(self._table(name, vocabulary.target.rows).T)
        has_bias = _BIAS in self._tensors.tensors
        bias = self._tensors.read(_BIAS)[0] if has_bias else np.zeros(config.target_size, "float32")
        parts.output_bias.bias.assign(
            np.where(vocabulary.target.is_copy, np.float32(_NEVER), bias[vocabulary.target.rows])
        )
        for side, blocks in zip(_SIDES, (parts.encoders, parts.decoders)):
            for number, block in enumerate(blocks):
                self._load_block(f"model.{side}.layers.{number}", block)

    def _load_block(self, name, block):
        attention = block.self_attention
        self._set(attention.query_key_value_dense, *(f"{name}.self_attn.{part}_proj" for part in "qkv"))
        self._set(attention.output_dense, f"{name}.self_attn.out_proj", writes=True)
        self._set_norm(block.self_attention_norm, f"{name}.self_attn_layer_norm")
        if hasattr(block, "cross_attention"):
            attention = block.cross_attention
            self._set(attention.query_dense, f"{name}.encoder_attn.q_proj")
            self._set(attention.key_value_dense, *(f"{name}.encoder_attn.{part}_proj" for part in "kv"))
            self._set(attention.output_dense, f"{name}.encoder_attn.out_proj", writes=True)
            self._set_norm(block.cross_attention_norm, f"{name}.encoder_attn_layer_norm")
        self._set(block.feed_forward.intermediate_dense, f"{name}.fc1")
        self._set(block.feed_forward.output_dense, f"{name}.fc2", writes=True)
        self._set_norm(block.feed_forward_norm, f"{name}.final_layer_norm")

    def _set(self, dense, *names, writes=False):
        """Sets a dense layer that reads the residual stream, or with `writes`, one that writes to it."""
        kernel = np.concatenate([self._tensors.read(f"{name}.weight") for name in names]).T
        bias = np.concatenate([self._tensors.read(f"{name}.bias") for name in names])
        dense.kernel.assign(kernel[:, self._order] if writes else kernel[self._order])
        dense.bias.assign(bias[self._order] if writes else bias)

    def _set_norm(self, norm, name):
        norm.gamma.assign(self._tensors.read(f"{name}.weight")[self._order])
        norm.beta.assign(self._tensors.read(f"{name}.bias")[self._order])

    def _table(self, name, rows, scale=1.0):
        """Returns rows of a table, with permuted columns, read in parts to save memory."""
        table = np.empty((len(rows), self._width), "float32")
        size = self._tensors.tensors[name].shape[0]
        for start in range(0, size, _CHUNK):
            stop = min(start + _CHUNK, size)
            wanted = np.flatnonzero((rows >= start) & (rows < stop))
            part = self._tensors.read(name, slice(start, stop))[:, self._order] * np.float32(scale)
            table[wanted] = part[rows[wanted] - start]
        return table
