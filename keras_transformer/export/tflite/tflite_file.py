"""Lists the operations of a `.tflite` file, and shrinks it by removing duplicates and unused parts.

TensorFlow's converter writes the whole search again for every signature, scales and zero points again for every use of
a weight, and a long name for every tensor. In a small model, this is a tenth of the file, and with int8 a third.
"""

import hashlib

import flatbuffers
import numpy as np
from tensorflow.lite.python import schema_py_generated as schema

_FILE_IDENTIFIER = b"TFL3"
# Alignment of buffers in the schema, so that weights can be used without copying.
_BUFFER_ALIGNMENT = 16


def operations_of(content):
    """Returns the sorted names of all operations of a `.tflite` file, including custom operations."""
    names = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}
    return sorted(
        {
            code.customCode.decode() if code.customCode else names[max(code.builtinCode, code.deprecatedBuiltinCode)]
            for code in _parse(content).operatorCodes
        }
    )


def shrink(content):
    """Returns the same model in fewer bytes.

    Args:
        content: the bytes of a `.tflite` file.

    Returns:
        The bytes of an equivalent file. Equal weights, scales, zero points and shapes are stored once. Unused tensors
        are removed, and all names except those of inputs and outputs. Equal loops are not shared, because LiteRT gives
        wrong results if several signatures share a loop (no report of this upstream was found).
    """
    model = _parse(content)
    for subgraph in model.subgraphs:
        _drop_unused_tensors(subgraph)
        _drop_names(subgraph)
    _share_buffers(model)
    _drop_unused_buffers(model)
    builder = _SharingBuilder(len(content))
    builder.Finish(model.Pack(builder), file_identifier=_FILE_IDENTIFIER)
    return bytes(builder.Output())


def _parse(content):
    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))


def _drop_unused_tensors(subgraph):
    used = {*_indices(subgraph.inputs), *_indices(subgraph.outputs)}
    for operator in subgraph.operators:
        for part in (operator.inputs, operator.outputs, operator.intermediates):
            used.update(_indices(part))
    kept = sorted(used)
    place = {old: new for new, old in enumerate(kept)} | {-1: -1}
    subgraph.tensors = [subgraph.tensors[index] for index in kept]
    for owner in (subgraph, *subgraph.operators):
        for name in ("inputs", "outputs", "intermediates"):
            if getattr(owner, name, None) is not None:
                setattr(owner, name, np.array([place[index] for index in getattr(owner, name)], "int32"))
    # Signatures refer to tensors of the first subgraphs by index.
    subgraph.place_of_tensor = place


def _indices(tensors):
    return [] if tensors is None else [int(index) for index in tensors if index >= 0]


def _drop_names(subgraph):
    named = {*_indices(subgraph.inputs), *_indices(subgraph.outputs)}
    for index, tensor in enumerate(subgraph.tensors):
        if index not in named:
            tensor.name = None


def _share_buffers(model):
    """Makes tensors refer to the first of several equal buffers."""
    first = {}
    place = []
    for index, buffer in enumerate(model.buffers):
        # The empty buffer of computed tensors must not be shared with a constant without elements.
        key = None if buffer.data is None else np.asarray(buffer.data, "uint8").tobytes()
        place.append(0 if key is None else first.setdefault(key, index))
    for subgraph in model.subgraphs:
        for tensor in subgraph.tensors:
            tensor.buffer = place[tensor.buffer]


def _drop_unused_buffers(model):
    used = {0, *(tensor.buffer for subgraph in model.subgraphs for tensor in subgraph.tensors)}
    used.update(entry.buffer for entry in model.metadata or [])
    kept = sorted(used)
    place = {old: new for new, old in enumerate(kept)}
    model.buffers = [model.buffers[index] for index in kept]
    for subgraph in model.subgraphs:
        for tensor in subgraph.tensors:
            tensor.buffer = place[tensor.buffer]
    for entry in model.metadata or []:
        entry.buffer = place[entry.buffer]
    for signature in model.signatureDefs:
        tensors_of = model.subgraphs[signature.subgraphIndex].place_of_tensor
        for entry in (*signature.inputs, *signature.outputs):
            entry.tensorIndex = tensors_of[entry.tensorIndex]


class _SharingBuilder(flatbuffers.Builder):
    """Writes equal vectors once and aligns bytes as the schema requires. Python's flatbuffers does not align them."""

    def __init__(self, size):
        super().__init__(size)
        self._vectors = {}

    def CreateNumpyVector(self, x):  # noqa: N802 (flatbuffers' name)
        key = (x.dtype.str, hashlib.sha256(x.tobytes()).digest())
        if key not in self._vectors:
            self._vectors[key] = self._aligned(x) if x.dtype == np.uint8 else super().CreateNumpyVector(x)
        return self._vectors[key]

    def _aligned(self, x):
        self.StartVector(1, x.size, _BUFFER_ALIGNMENT)
        self.head -= x.size
        self.Bytes[self.Head() : self.Head() + x.size] = x.tobytes()
        self.vectorNumElems = x.size
        return self.EndVector()
