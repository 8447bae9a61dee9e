"""Which operations a SavedModel holds, and whether a stock TensorFlow Serving has them."""

import pathlib

import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.framework import kernels

from keras_transformer.errors import ExportError
from keras_transformer.export.saved_model.debug_info import DebugInfo

# Those of TensorFlow Text, all of which are linked into the server, that a SavedModel of ours has a use for.
_TEXT_OPERATIONS = {
    "SentencepieceOp",
    "SentencepieceTokenizeOp",
    "SentencepieceDetokenizeOp",
    "SentencepieceIdToStringOp",
}
# Operations of TensorFlow's core that need this Python process, or a compiler that the server switches off.
_REFUSED_PREFIXES = ("Xla", "PyFunc", "EagerPyFunc", "Tpu", "TPU", "Nccl", "TRT")
# Not an operation of its own, but an order to the one that carries it.
_MUST_COMPILE = "XlaMustCompile"


def served_operations(saved_model):
    """The operations of a SavedModel: a dictionary of one of their nodes, "node@function", by name, sorted."""
    content = (pathlib.Path(saved_model) / "saved_model.pb").read_bytes()
    found = {}
    for meta_graph in saved_model_pb2.SavedModel.FromString(content).meta_graphs:
        for node, name in _nodes(meta_graph.graph_def):
            found.setdefault(node.op, name)
            if node.attr["_XlaMustCompile"].b:
                found.setdefault(_MUST_COMPILE, name)
        for function in meta_graph.graph_def.library.function:
            found.pop(function.signature.name, None)  # Calls of the SavedModel's own functions.
            if function.attr["_XlaMustCompile"].b:
                found.setdefault(_MUST_COMPILE, function.signature.name)
    return dict(sorted(found.items()))


def _nodes(graph):
    """Every node of a graph and of its functions, with its name as "node@function"."""
    for node in graph.node:
        yield node, f"{node.name}@"
    for function in graph.library.function:
        for node in function.node_def:
            yield node, f"{node.name}@{function.signature.name}"


def check_served_operations(saved_model):
    """Makes sure that a stock server can run a SavedModel.

    Allowed are TensorFlow's core operations with a kernel for the CPU and TensorFlow Text's tokenizer; refused are
    XLA's, those that call Python, and any that was registered from outside.

    Args:
        saved_model: the folder of a SavedModel with debug information.

    Returns:
        The names of all operations, sorted.

    Raises:
        ExportError: an operation is refused; it says which, and the line of code that made it.
    """
    operations = served_operations(saved_model)
    for name, node in operations.items():
        if reason := _why_refused(name):
            line = DebugInfo(saved_model).line_of(node)
            raise ExportError(
                f"The operation {name} {reason}, so TensorFlow Serving cannot run it; it comes from {line or node}."
            )
    return list(operations)


def _why_refused(name):
    if name in _TEXT_OPERATIONS:
        return None
    if name.startswith(_REFUSED_PREFIXES):
        return "needs XLA, Python or other devices"
    if not hasattr(tf.raw_ops, name):
        return "is not one of TensorFlow's own"
    devices = {kernel.device_type for kernel in kernels.get_registered_kernels_for_op(name).kernel}
    return None if devices & {"CPU", "DEFAULT"} else "has no kernel for the CPU"
