"""Exports by the command, and checks that their artifacts can be loaded."""

import tensorflow as tf
import tensorflow_text  # noqa: F401 (registers the tokenizer's operations)
from ai_edge_litert.interpreter import Interpreter, InterpreterWithCustomOps
from tensorflow_text import tflite_registrar

FORMATS = {
    "saved_model": ["--format", "saved_model"],
    "tflite": ["--format", "tflite"],
    "tflite_text": ["--format", "tflite", "--text"],
    "ctranslate2": ["--format", "ctranslate2"],
}
# Weights of the formats. The conversion to TFLite takes long.
WEIGHTS = [5, 2, 2, 5]


def output_of(folder, kind):
    """Returns the path of an export of a format."""
    return folder / {"tflite": "model.tflite", "tflite_text": "model-text.tflite"}.get(kind, "model")


def load_artifact(path, kind):
    """Loads an artifact; raises an error if this fails."""
    if kind == "saved_model":
        tf.saved_model.load(str(path)).signatures["serving_default"](text=tf.constant(["a"]))
    elif kind == "ctranslate2":
        import ctranslate2  # noqa: PLC0415 (an optional dependency)

        ctranslate2.Translator(str(path))
    elif kind == "tflite_text":
        registerers = tflite_registrar.SELECT_TFTEXT_OPS
        InterpreterWithCustomOps(model_path=str(path), custom_op_registerers=registerers).allocate_tensors()
    else:
        Interpreter(model_path=str(path)).allocate_tensors()


def finished_artifacts(folder, kind):
    """Returns the files with final names."""
    path = output_of(folder, kind)
    if kind == "saved_model":
        return [each for each in path.glob("*") if each.name.isdecimal()]
    return [path] if path.exists() else []
