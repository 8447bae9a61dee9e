"""Weights of a folder of MarianMT, M2M100 or NLLB in the order of this library's model.

Transformers has the sines of the positions in the first half of the vector and the cosines in the second. Here they
alternate. All weights that read or write the residual stream are permuted accordingly.
"""

import itertools

import numpy as np

from keras_transformer.errors import InputError
from keras_transformer.layers.positional_embedding import position_table
from keras_transformer.models.weight_shapes import layer_name

_SHARED, _PROJECTION, _BIAS = "model.shared.weight", "lm_head.weight", "final_logits_bias"
_TABLE, _FINAL_NORM = "model.{}.embed_tokens.weight", "model.{}.layer_norm"
# Marian's table of positions, and that of M2M100, which has rows for the positions 0 and 1 as well.
_POSITIONS = ("model.{}.embed_positions.weight", "model.{}.embed_positions.weights")
_SIDES = ("encoder", "decoder")
# Rows of a table that are read at a time.
_CHUNK = 4096
# A logit that no other can fall below, in half precision as well. The probability of such a token is exactly 0.
_NEVER = -1e4


class TransformersWeights:
    """The weights of a Hugging Face folder.

    Args:
        tensors: the file of `open_tensors`.
        config: the `TransformersConfig`.

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
            name.format(side) for name in (_TABLE, *_POSITIONS) for side in _SIDES
        }
        others = sorted(self._tensors.tensors.keys() - expected.keys() - optional)
        if others:
            raise InputError(
                f"{self._tensors.path}: expected only the tensors of a model of the kind {self._config.kind}. "
                f"Received: {others[0]}."
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
            if config.fields.get("normalize_first"):
                for part in ("weight", "bias"):
                    yield f"{_FINAL_NORM.format(side)}.{part}", (width,)

    def _check_positions(self):
        """Raises an InputError if the file has other positions than sines and cosines."""
        fields = self._config.fields
        for name in (name.format(side) for name in _POSITIONS for side in _SIDES):
            stored = self._tensors.tensors.get(name)
            if stored is None:
                continue
            first = fields.get("first_position", 0) * name.endswith("weights")
            expected = (self._config.num_positions + first, self._width)
            if stored.shape == expected:
                positions = position_table(
                    self._config.num_positions, self._width, first, fields.get("position_frequencies", "paper")
                )
                if np.abs(self._tensors.read(name)[first:, self._order] - positions).max() < 1e-3:
                    continue
            raise InputError(
                f"{self._tensors.path}: {name} must have the sines and cosines of {expected[0]} positions."
            )

    def parts(self, vocabulary):
        """Yields the weights of the model in parts, so that memory does not hold a whole table.

        Args:
            vocabulary: the `ImportedVocabulary`.

        Yields:
            The name of a weight as in `weight_shapes`, the number of its first row, and the rows, a float32 array.
        """
        config = self._config
        scale = 1.0 if config.is_scaled else self._width**-0.5
        yield from self._table(layer_name("positional_embedding", 0), self._source_table, vocabulary.source.rows, scale)
        if not config.is_shared:
            table = layer_name("positional_embedding", 1)
            yield from self._table(table, self._target_table, vocabulary.target.rows, scale)
        if not config.is_tied or not config.is_scaled:
            name = self._target_table if config.is_tied else _PROJECTION
            rows = [part for _, _, part in self._table("", name, vocabulary.target.rows)]
            yield f"{layer_name('dense', 0)}/vars/0", 0, np.concatenate(rows).T
        has_bias = _BIAS in self._tensors.tensors
        bias = self._tensors.read(_BIAS)[0] if has_bias else np.zeros(config.target_size, "float32")
        table = vocabulary.target
        bias = np.where(table.is_copy, np.float32(_NEVER), bias[table.rows])
        yield f"{layer_name('output_bias', 0)}/vars/0", 0, bias
        for side in _SIDES:
            for number in range(config.fields[f"num_{side}_layers"]):
                yield from self._block(layer_name(f"transformer_{side}", number), f"model.{side}.layers.{number}")
        if config.fields.get("normalize_first"):
            for number, side in enumerate(_SIDES):
                yield from self._norm(layer_name("layer_normalization", number), _FINAL_NORM.format(side))

    def _block(self, ours, theirs):
        query_key_value = [f"self_attn.{part}_proj" for part in "qkv"]
        dense = {
            "self_attention/query_key_value_dense": query_key_value,
            "self_attention/output_dense": ["self_attn.out_proj"],
            "feed_forward/intermediate_dense": ["fc1"],
            "feed_forward/output_dense": ["fc2"],
        }
        norms = {"self_attention_norm": "self_attn", "feed_forward_norm": "final"}
        if "decoder" in ours:
            dense |= {
                "cross_attention/query_dense": ["encoder_attn.q_proj"],
                "cross_attention/key_value_dense": ["encoder_attn.k_proj", "encoder_attn.v_proj"],
                "cross_attention/output_dense": ["encoder_attn.out_proj"],
            }
            norms |= {"cross_attention_norm": "encoder_attn"}
        for layer, names in dense.items():
            kernel = np.concatenate([self._tensors.read(f"{theirs}.{name}.weight") for name in names]).T
            bias = np.concatenate([self._tensors.read(f"{theirs}.{name}.bias") for name in names])
            writes = layer.endswith("/output_dense")  # The others read the residual stream.
            yield f"{ours}/{layer}/vars/0", 0, kernel[:, self._order] if writes else kernel[self._order]
            yield f"{ours}/{layer}/vars/1", 0, bias[self._order] if writes else bias
        for layer, name in norms.items():
            yield from self._norm(f"{ours}/{layer}", f"{theirs}.{name}_layer_norm")

    def _norm(self, ours, theirs):
        for index, part in enumerate(("weight", "bias")):
            yield f"{ours}/vars/{index}", 0, self._tensors.read(f"{theirs}.{part}")[self._order]

    def _table(self, ours, theirs, rows, scale=1.0):
        """Yields parts of a table in the order of `rows`, with permuted columns."""
        for start in range(0, len(rows), _CHUNK):
            wanted, places = np.unique(rows[start : start + _CHUNK], return_inverse=True)
            bounds = [0, *(np.flatnonzero(np.diff(wanted) != 1) + 1), len(wanted)]
            runs = [slice(int(wanted[first]), int(wanted[last - 1]) + 1) for first, last in itertools.pairwise(bounds)]
            found = np.concatenate([self._tensors.read(theirs, run) for run in runs])
            yield f"{ours}/vars/0", start, found[places][:, self._order] * np.float32(scale)
