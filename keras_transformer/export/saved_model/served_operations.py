"""Checks that a standard TensorFlow Serving supports the operations of a SavedModel."""

import tensorflow as tf
from tensorflow.python.framework import kernels

from keras_transformer.errors import ExportError
from keras_transformer.export.debug_info import DebugInfo
from keras_transformer.export.saved_model_operations import MUST_COMPILE, saved_model_operations

# Operations of TensorFlow Text that the exported SavedModels use. The server includes all of them.
_TEXT_OPERATIONS = {
    "SentencepieceOp",
    "SentencepieceTokenizeOp",
    "SentencepieceDetokenizeOp",
    "SentencepieceIdToStringOp",
}
# Operations of TensorFlow's core that need this Python process, or a compiler that is disabled in the server.
_REFUSED_PREFIXES = ("Xla", "PyFunc", "EagerPyFunc", "Tpu", "TPU", "Nccl", "TRT")


def check_served_operations(saved_model, jit=False):
    """Checks that a standard server can run a SavedModel.

    TensorFlow's core operations with a CPU kernel and TensorFlow Text's tokenizer are allowed. XLA's operations,
    operations that call Python, and operations registered by other packages are rejected.

    Args:
        saved_model: the folder of a SavedModel with debug information.
        jit: whether the server compiles functions with XLA. Default False.

    Returns:
        The names of all operations, sorted.

    Raises:
        ExportError: an operation is rejected. The message has its name and the line of code that created it.
    """
    operations = saved_model_operations(saved_model)
    for name, node in operations.items():
        if jit and name == MUST_COMPILE:
            continue
        if reason := _why_refused(name):
            line = DebugInfo(saved_model).line_of(node)
            raise ExportError(
                f"The operation {name} {reason}, so TensorFlow Serving cannot run it. It was created in {line or node}."
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
