"""What a finished `.tflite` file holds, and how it becomes smaller: everything once, and nothing that is not used.

TensorFlow's converter writes the whole search anew for every signature, scales and zero points for every mention of a
weight, and a long name for every tensor; in a small model that is a tenth of the file.
"""

import flatbuffers
import numpy as np
from tensorflow.lite.python import schema_py_generated as schema

_FILE_IDENTIFIER = b"TFL3"
# What the schema asks for in buffers, so that weights can be used where they lie in the file.
_BUFFER_ALIGNMENT = 16
_SUBGRAPH_FIELDS = ("condSubgraphIndex", "bodySubgraphIndex", "thenSubgraphIndex", "elseSubgraphIndex")


def operations_of(content):
    """The names of all operations of a `.tflite` file, sorted; custom ones by their own name."""
    names = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}
    return sorted(
        {
            code.customCode.decode() if code.customCode else names[max(code.builtinCode, code.deprecatedBuiltinCode)]
            for code in _parse(content).operatorCodes
        }
    )


def shrink(content):
    """The same model in fewer bytes.

    Args:
        content: the bytes of a `.tflite` file.

    Returns:
        The bytes of one that computes the same: equal buffers and equal subgraphs are stored once, tensors that no
        operation uses are left out, and so are names but those of inputs and outputs.
    """
    model = _parse(content)
    for subgraph in model.subgraphs:
        _order_tensors(subgraph)
        _drop_names(subgraph)
    _share_buffers(model)
    while _share_subgraphs(model):
        pass  # Loops that were different for the loops inside them may now be equal.
    _drop_unused_buffers(model)
    builder = _AlignedBuilder(len(content))
    builder.Finish(model.Pack(builder), file_identifier=_FILE_IDENTIFIER)
    return bytes(builder.Output())


def _parse(content):
    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))


def _order_tensors(subgraph):
    """Numbers the tensors by their first use and drops those without one; the converter's order is arbitrary."""
    order = dict.fromkeys(_indices(subgraph.inputs))
    for operator in subgraph.operators:
        for part in (operator.inputs, operator.outputs, operator.intermediates):
            order.update(dict.fromkeys(_indices(part)))
    order.update(dict.fromkeys(_indices(subgraph.outputs)))
    place = {old: new for new, old in enumerate(order)} | {-1: -1}
    subgraph.tensors = [subgraph.tensors[index] for index in order]
    for owner in (subgraph, *subgraph.operators):
        for name in ("inputs", "outputs", "intermediates"):
            if getattr(owner, name, None) is not None:
                setattr(owner, name, np.array([place[index] for index in getattr(owner, name)], "int32"))
    # Signatures name tensors of the first subgraphs by index.
    subgraph.place_of_tensor = place


def _indices(tensors):
    return [] if tensors is None else [int(index) for index in tensors if index >= 0]


def _drop_names(subgraph):
    named = {*_indices(subgraph.inputs), *_indices(subgraph.outputs)}
    for index, tensor in enumerate(subgraph.tensors):
        if index not in named:
            tensor.name = None


def _share_buffers(model):
    """Lets tensors point to the first of several equal buffers."""
    first = {}
    place = []
    for index, buffer in enumerate(model.buffers):
        # The empty buffer, of what is computed, is not to be mixed with a constant of no elements.
        key = None if buffer.data is None else np.asarray(buffer.data, "uint8").tobytes()
        place.append(0 if key is None else first.setdefault(key, index))
    for subgraph in model.subgraphs:
        for tensor in subgraph.tensors:
            tensor.buffer = place[tensor.buffer]


def _share_subgraphs(model):
    """Lets loops point to the first of several equal subgraphs; whether there were any."""
    with_signature = {signature.subgraphIndex for signature in model.signatureDefs}
    first = {}
    place = [
        index if index in with_signature else first.setdefault(_content(subgraph), index)
        for index, subgraph in enumerate(model.subgraphs)
    ]
    kept = sorted(set(place))
    if len(kept) == len(model.subgraphs):
        return False
    for subgraph in model.subgraphs:
        for operator in subgraph.operators:
            for name in _SUBGRAPH_FIELDS:
                if hasattr(operator.builtinOptions, name):
                    index = getattr(operator.builtinOptions, name)
                    setattr(operator.builtinOptions, name, kept.index(place[index]))
    for signature in model.signatureDefs:
        signature.subgraphIndex = kept.index(signature.subgraphIndex)
    model.subgraphs = [model.subgraphs[index] for index in kept]
    return True


def _content(part):
    """Everything that decides what a part of the model computes, as something that can be compared."""
    if isinstance(part, np.ndarray):
        return (str(part.dtype), part.shape, part.tobytes())
    if isinstance(part, list):
        return tuple(_content(item) for item in part)
    if hasattr(part, "__dict__"):
        ignored = {"name", "place_of_tensor"}
        return tuple((name, _content(value)) for name, value in sorted(vars(part).items()) if name not in ignored)
    return part


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


class _AlignedBuilder(flatbuffers.Builder):
    """Python's flatbuffers align a vector of bytes to one byte, whatever the schema says."""

    def CreateNumpyVector(self, x):  # noqa: N802 (flatbuffers' name)
        if x.dtype != np.uint8:
            return super().CreateNumpyVector(x)
        self.StartVector(1, x.size, _BUFFER_ALIGNMENT)
        self.head -= x.size
        self.Bytes[self.Head() : self.Head() + x.size] = x.tobytes()
        self.vectorNumElems = x.size
        return self.EndVector()
