"""Weights of an OpenNMT-tf checkpoint in the order of this library's model.

OpenNMT-tf has the sines of the positions in the first half of the vector and the cosines in the second. Here they
alternate. All weights that read or write the residual stream are permuted accordingly.
"""

import re

import numpy as np

from keras_transformer.errors import InputError
from keras_transformer.models.weight_shapes import layer_name

_SOURCE, _TARGET = (f"examples_inputter/{side}_inputter/embedding" for side in ("features", "labels"))
_KERNEL, _BIAS = "decoder/output_layer/kernel", "decoder/output_layer/bias"
_SIDES = ("encoder", "decoder")
_PARTS = ("queries", "keys", "values", "output")
# Rows of a table, and of the output projection, that are permuted at a time.
_CHUNK, _LONG_CHUNK = 4096, 64
# A logit that no other can fall below, in half precision as well. The probability of such a token is exactly 0.
_NEVER = -1e4
# Variables of models that cannot be imported, and the reason.
_UNSUPPORTED = {
    r"relative_position_(keys|values)$": "relative positions (`maximum_relative_position`) are not supported",
    r"/position_encoder/": "learned positions (`PositionEmbedder`) are not supported",
    r"^encoder/encoders?/|/attention/[1-9]": "several sources (`ParallelInputter`) are not supported",
    r"_inputter/inputters/": "several inputs of a source (`MixedInputter`, `ParallelInputter`) are not supported",
    r"_inputter/(conv|rnn)": "character embeddings are not supported",
    r"^(encoder|decoder)/.*(cell|lstm|gru|rnn|cnn|conv)": "recurrent and convolutional layers are not supported",
    r"^(examples_inputter/embedding$|output_layer/|crf)": "only models from sequence to sequence are supported",
}


class OpenNMTTFWeights:
    """The weights of an OpenNMT-tf checkpoint.

    Args:
        file: the `CheckpointFile`.

    Attributes:
        fields: the fields of `TransformerConfig` that the shapes of the weights determine.
        sizes: number of rows of the source's and the target's table.
        is_shared: whether both languages have the same table.

    Raises:
        InputError: a variable is missing, has another shape, or belongs to another architecture.
    """

    def __init__(self, file):
        self._file = file
        self._check_supported()
        shapes = file.shapes
        self._target = _TARGET if _TARGET in shapes else _SOURCE
        self.is_shared = self._target == _SOURCE
        self.sizes = tuple(self._shape(name, 2)[0] for name in (_SOURCE, self._target))
        width = self._width = self._shape(_SOURCE, 2)[1]
        if width % 2:
            raise InputError(f"{file.path}: {_SOURCE}: the width must be even. Received: {width}.")
        self._order = np.arange(width).reshape(2, -1).T.reshape(-1)  # Sine, cosine, sine, cosine …
        self._has_bias = "encoder/layers/0/self_attention/layer/linear_queries/bias" in shapes
        self.fields = {
            "num_encoder_layers": self._count("encoder"),
            "num_decoder_layers": self._count("decoder"),
            "hidden_dim": width,
            "intermediate_dim": self._shape("encoder/layers/0/ffn/layer/inner/kernel", 2)[1],
            "normalize_first": "encoder/layer_norm/gamma" in shapes,
            "share_embeddings": self.is_shared,
            "share_output": _KERNEL not in shapes,
        }
        self._check()

    def has_output_bias(self, vocabulary):
        """Returns whether the model needs an output bias, also for tokens of a vocabulary that are not generated."""
        return _BIAS in self._file.shapes or bool(vocabulary.target.is_copy.any())

    def _check_supported(self):
        for name in self._file.shapes:
            for pattern, reason in _UNSUPPORTED.items():
                if re.search(pattern, name):
                    raise InputError(f"{self._file.path}: {reason}. Received: the variable {name}.")

    def _shape(self, name, rank):
        found = self._file.shapes.get(name)
        if found is None:
            raise InputError(f"{self._file.path}: the variable {name} of a `Transformer` is missing.")
        if len(found) != rank or 0 in found:
            raise InputError(f"{self._file.path}: {name} must have {rank} dimensions. Received: the shape {found}.")
        return found

    def _count(self, side):
        numbers = {name.split("/")[2] for name in self._file.shapes if name.startswith(f"{side}/layers/")}
        return max(1, len(numbers))

    def _check(self):
        expected = dict(self._expected())
        for name, shape in expected.items():
            if self._shape(name, len(shape)) != shape:
                raise InputError(
                    f"{self._file.path}: {name} must have the shape {shape}. Received: {self._file.shapes[name]}."
                )
        others = sorted(self._file.shapes.keys() - expected.keys())
        if others:
            raise InputError(
                f"{self._file.path}: expected only the variables of a `Transformer`. Received: {others[0]}."
            )

    def _expected(self):
        """Yields the name and the shape of each variable that the checkpoint must have."""
        width, inner = self._width, self.fields["intermediate_dim"]
        yield _SOURCE, (self.sizes[0], width)
        yield self._target, (self.sizes[1], width)
        if not self.fields["share_output"]:
            yield _KERNEL, (width, self.sizes[1])
        if _BIAS in self._file.shapes:
            yield _BIAS, (self.sizes[1],)
        norm = "input" if self.fields["normalize_first"] else "output"
        for side in _SIDES:
            for number in range(self.fields[f"num_{side}_layers"]):
                block = f"{side}/layers/{number}"
                attentions = ("self_attention", "attention/0") if side == "decoder" else ("self_attention",)
                for attention in attentions:
                    for part in _PARTS:
                        yield f"{block}/{attention}/layer/linear_{part}/kernel", (width, width)
                        if self._has_bias:
                            yield f"{block}/{attention}/layer/linear_{part}/bias", (width,)
                for part, shape in (("inner", (width, inner)), ("outer", (inner, width))):
                    yield f"{block}/ffn/layer/{part}/kernel", shape
                    yield f"{block}/ffn/layer/{part}/bias", shape[1:]
                for part in (*attentions, "ffn"):
                    yield from ((f"{block}/{part}/{norm}_layer_norm/{each}", (width,)) for each in ("gamma", "beta"))
            if self.fields["normalize_first"]:
                yield from ((f"{side}/layer_norm/{each}", (width,)) for each in ("gamma", "beta"))

    def parts(self, vocabulary):
        """Yields the weights of the model in parts, so that memory holds at most one whole table of the checkpoint.

        Args:
            vocabulary: the `ImportedVocabulary`.

        Yields:
            The name of a weight as in `weight_shapes`, the number of its first row, and the rows, a float32 array.
        """
        yield from self._table(layer_name("positional_embedding", 0), _SOURCE, vocabulary.source.rows)
        if not self.is_shared:
            yield from self._table(layer_name("positional_embedding", 1), self._target, vocabulary.target.rows)
        target = vocabulary.target
        if not self.fields["share_output"]:
            kernel = self._file.read(_KERNEL)
            for start in range(0, self._width, _LONG_CHUNK):
                order = self._order[start : start + _LONG_CHUNK]
                yield f"{layer_name('dense', 0)}/vars/0", start, kernel[order][:, target.rows]
        if self.has_output_bias(vocabulary):
            has_bias = _BIAS in self._file.shapes
            bias = self._file.read(_BIAS) if has_bias else np.zeros(self.sizes[1], "float32")
            bias = np.where(target.is_copy, np.float32(_NEVER), bias[target.rows])
            yield f"{layer_name('output_bias', 0)}/vars/0", 0, bias
        for side in _SIDES:
            for number in range(self.fields[f"num_{side}_layers"]):
                yield from self._block(layer_name(f"transformer_{side}", number), f"{side}/layers/{number}")
        if self.fields["normalize_first"]:
            for number, side in enumerate(_SIDES):
                yield from self._norm(layer_name("layer_normalization", number), f"{side}/layer_norm")

    def _block(self, ours, theirs):
        dense = {
            "self_attention/query_key_value_dense": [f"self_attention/layer/linear_{part}" for part in _PARTS[:3]],
            "self_attention/output_dense": ["self_attention/layer/linear_output"],
            "feed_forward/intermediate_dense": ["ffn/layer/inner"],
            "feed_forward/output_dense": ["ffn/layer/outer"],
        }
        norms = {"self_attention_norm": "self_attention", "feed_forward_norm": "ffn"}
        if "decoder" in ours:
            attention = "attention/0/layer/linear"
            dense |= {
                "cross_attention/query_dense": [f"{attention}_queries"],
                "cross_attention/key_value_dense": [f"{attention}_keys", f"{attention}_values"],
                "cross_attention/output_dense": [f"{attention}_output"],
            }
            norms |= {"cross_attention_norm": "attention/0"}
        for layer, names in dense.items():
            kernel = np.concatenate([self._file.read(f"{theirs}/{name}/kernel") for name in names], axis=1)
            bias = np.concatenate([self._bias(f"{theirs}/{name}") for name in names])
            writes = layer.endswith("/output_dense")  # The others read the residual stream.
            yield f"{ours}/{layer}/vars/0", 0, kernel[:, self._order] if writes else kernel[self._order]
            yield f"{ours}/{layer}/vars/1", 0, bias[self._order] if writes else bias
        norm = "input" if self.fields["normalize_first"] else "output"
        for layer, name in norms.items():
            yield from self._norm(f"{ours}/{layer}", f"{theirs}/{name}/{norm}_layer_norm")

    def _bias(self, name):
        """Returns the bias of a dense layer, zeros without one."""
        if f"{name}/bias" in self._file.shapes:
            return self._file.read(f"{name}/bias")
        return np.zeros(self._file.shapes[f"{name}/kernel"][1], "float32")

    def _norm(self, ours, theirs):
        for index, part in enumerate(("gamma", "beta")):
            yield f"{ours}/vars/{index}", 0, self._file.read(f"{theirs}/{part}")[self._order]

    def _table(self, ours, theirs, rows):
        """Yields parts of a table in the order of `rows`, with permuted columns."""
        table = self._file.read(theirs)
        for start in range(0, len(rows), _CHUNK):
            yield f"{ours}/vars/0", start, table[rows[start : start + _CHUNK]][:, self._order]
