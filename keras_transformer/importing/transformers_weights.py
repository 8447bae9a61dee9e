"""Weights of a folder of MarianMT, M2M100 or NLLB in the order of this library's model."""

import itertools

import numpy as np

from keras_transformer.errors import InputError
from keras_transformer.importing.stored_tensor import FLOATS
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
from keras_transformer.models.weight_shapes import layer_name
from keras_transformer.position_encodings import position_table

# Rows of a table that are read at a time.
_CHUNK = 4096
# Rows of M2M100's table of positions beyond `max_position_embeddings`.
_MORE_POSITIONS = 2
# Greatest difference of stored positions. That of bfloat16, with 8 bits, is 2**-9.
_ERROR, _BFLOAT16_ERROR = 1e-3, 4e-3
# A logit that no other can fall below, in half precision as well. The probability of such a token is exactly 0.
_NEVER = -1e4


class TransformersWeights:
    """The weights of a Hugging Face folder.

    Args:
        tensors: the file of `open_tensors`.
        config: the `TransformersConfig`.

    Attributes:
        config: the config, in which `is_shared` and `is_tied` are those of the stored tables. Transformers does not tie
            tables that a file has with different numbers, whatever its config states.

    Raises:
        InputError: a tensor is missing, has another shape, or belongs to another architecture.
    """

    def __init__(self, tensors, config):
        self._tensors = tensors
        self.config = config
        self._width = config.fields["hidden_dim"]
        self._source_table, self._target_table, self._output_table = self._find_tables()
        self._check()
        is_shared = config.is_shared and self._are_equal(self._source_table, self._target_table)
        is_tied = config.is_tied and self._are_equal(self._target_table, self._output_table)
        self.config = config._replace(is_shared=is_shared, is_tied=is_tied)

    def _find_tables(self):
        """Returns the names of the tables of encoder, decoder and output. A tied table can have another name."""
        config, (source, target) = self.config, (TABLE.format(side) for side in SIDES)
        tied = [PROJECTION] if config.is_tied else []
        if not config.is_shared:
            return source, self._first(target, *tied), self._first(PROJECTION, *([target] if tied else []))
        # The shared table is not used if the file has those of encoder and decoder.
        output = self._first(PROJECTION, *([SHARED, target, source] if tied else []))
        return self._first(source, SHARED, *tied, target), self._first(target, SHARED, *tied, source), output

    def _first(self, *names):
        """Returns the first of several names of the same weight that the file has."""
        usual = SHARED if SHARED in names else names[0]
        return next((name for name in names if name in self._tensors.tensors), usual)

    def _are_equal(self, one, other):
        """Returns whether two tables have the same numbers."""
        stored = [self._tensors.tensors[name] for name in (one, other)]
        if stored[0] == stored[1]:
            return True
        starts = range(0, stored[0].shape[0], _CHUNK)
        parts = (slice(start, min(start + _CHUNK, stored[0].shape[0])) for start in starts)
        return all(np.array_equal(self._tensors.read(one, part), self._tensors.read(other, part)) for part in parts)

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
            if found.kind not in FLOATS:  # The file can be much smaller than their shapes.
                types = ", ".join(FLOATS)
                raise InputError(
                    f"{self._tensors.path}: {name} must have one of the types {types}. Received: {found.kind}."
                )
            expected[name] = shape
        size = self.config.target_size
        optional = {SHARED, PROJECTION, BIAS} | {name.format(side) for name in (TABLE, *POSITIONS) for side in SIDES}
        others = sorted(self._tensors.tensors.keys() - expected.keys() - optional)
        if others:
            raise InputError(
                f"{self._tensors.path}: expected only the tensors of a model of the kind {self.config.kind}. "
                f"Received: {others[0]}."
            )
        bias = self._tensors.tensors.get(BIAS)
        if bias is not None and bias.shape != (1, size):
            raise InputError(f"{self._tensors.path}: {BIAS} must have the shape {(1, size)}. Received: {bias.shape}.")
        # Only now, because the width of a wrong config.json can be enormous.
        self._order = residual_order(self._width)
        self._check_positions()

    def _expected(self):
        """Yields the name and the shape of each tensor that the file must have."""
        config, width = self.config, self._width
        inner = config.fields["intermediate_dim"]
        yield self._source_table, (config.source_size, width)
        yield self._target_table, (config.target_size, width)
        yield self._output_table, (config.target_size, width)
        for side in SIDES:
            shapes = {"fc1": (inner, width), "fc2": (width, inner)}
            for number in range(config.fields[f"num_{side}_layers"]):
                block = block_name(side, number)
                for part in itertools.chain(*dense_names(side).values()):
                    shape = shapes.get(part, (width, width))
                    yield f"{block}.{part}.weight", shape
                    yield f"{block}.{part}.bias", shape[:1]
                for norm in norm_names(side).values():
                    yield f"{block}.{norm}.weight", (width,)
                    yield f"{block}.{norm}.bias", (width,)
            if config.fields.get("normalize_first"):
                for part in ("weight", "bias"):
                    yield f"{FINAL_NORM.format(side)}.{part}", (width,)

    def _check_positions(self):
        """Raises an InputError if the file has other positions than sines and cosines."""
        fields = self.config.fields
        for name in (name.format(side) for name in POSITIONS for side in SIDES):
            stored = self._tensors.tensors.get(name)
            if stored is None:
                continue
            is_offset = name.endswith("weights")
            expected = (self.config.num_positions + _MORE_POSITIONS * is_offset, self._width)
            # Only positions of tokens are compared. Those of M2M100 are after that of the padding token.
            first = fields.get("first_position", 0) * is_offset
            if stored.shape == expected and first < expected[0]:
                positions = position_table(
                    expected[0] - first, self._width, first, fields.get("position_frequencies", "paper")
                )
                error = np.abs(self._tensors.read(name)[first:, self._order] - positions).max()
                if error < (_BFLOAT16_ERROR if stored.kind == "BF16" else _ERROR):
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
        config = self.config
        scale = 1.0 if config.is_scaled else self._width**-0.5
        yield from self._table(layer_name("positional_embedding", 0), self._source_table, vocabulary.source.rows, scale)
        if vocabulary.source is not vocabulary.target:
            table = layer_name("positional_embedding", 1)
            yield from self._table(table, self._target_table, vocabulary.target.rows, scale)
        if not config.is_tied or not config.is_scaled:
            rows = [part for _, _, part in self._table("", self._output_table, vocabulary.target.rows)]
            yield f"{layer_name('dense', 0)}/vars/0", 0, np.concatenate(rows).T
        has_bias = BIAS in self._tensors.tensors
        bias = self._tensors.read(BIAS)[0] if has_bias else np.zeros(config.target_size, "float32")
        table = vocabulary.target
        bias = np.where(table.is_copy, np.float32(_NEVER), bias[table.rows])
        yield f"{layer_name('output_bias', 0)}/vars/0", 0, bias
        for side in SIDES:
            for number in range(config.fields[f"num_{side}_layers"]):
                yield from self._block(side, number)
        if config.fields.get("normalize_first"):
            for number, side in enumerate(SIDES):
                yield from self._norm(layer_name("layer_normalization", number), FINAL_NORM.format(side))

    def _block(self, side, number):
        ours, theirs = layer_name(f"transformer_{side}", number), block_name(side, number)
        for layer, names in dense_names(side).items():
            kernel = np.concatenate([self._tensors.read(f"{theirs}.{name}.weight") for name in names]).T
            bias = np.concatenate([self._tensors.read(f"{theirs}.{name}.bias") for name in names])
            writes = writes_residual(layer)
            yield f"{ours}/{layer}/vars/0", 0, kernel[:, self._order] if writes else kernel[self._order]
            yield f"{ours}/{layer}/vars/1", 0, bias[self._order] if writes else bias
        for layer, name in norm_names(side).items():
            yield from self._norm(f"{ours}/{layer}", f"{theirs}.{name}")

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
