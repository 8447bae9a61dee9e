"""Converts a SavedModel to TFLite, as a function and as a program.

The converter holds Python's lock for minutes, in which nothing else runs and nothing ends the process in order; in a
process of its own it can be ended at any time. As a program it is called as `python convert_tflite.py FOLDER
REQUEST.json RESULT.json`; the request holds the arguments of `convert`, and the result the answer, with the file beside
the result as `RESULT.tflite`.
"""

import json
import pathlib
import sys

import tensorflow as tf


def convert(folder, signatures, quantize, allow_text):
    """Converts a SavedModel.

    Args:
        folder: the SavedModel.
        signatures: names of its signatures.
        quantize: None, "float16" or "int8".
        allow_text: whether TensorFlow Text's operations are allowed beside the built-in ones.

    Returns:
        The bytes of the file, or None where it fails; and what failed: a dictionary of the `message` and of `missing`,
        pairs of an operation that TFLite lacks and the nodes that it comes from.
    """
    converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=signatures)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    converter.allow_custom_ops = allow_text
    if quantize:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if quantize == "float16":
        converter.target_spec.supported_types = [tf.float16]
    try:
        return converter.convert(), None
    except Exception as error:
        missing = [
            (fault.operator.name, [call.name for call in fault.location.call if call.name])
            for fault in getattr(error, "errors", ())
            if fault.operator.name
        ]
        return None, {"message": str(error) or type(error).__name__, "missing": missing}


if __name__ == "__main__":
    folder, request, result = sys.argv[1:]
    arguments = json.loads(pathlib.Path(request).read_text(encoding="utf-8"))
    if arguments["allow_text"]:
        import tensorflow_text  # noqa: F401 (its operations are in the SavedModel)
    content, failure = convert(folder, **arguments)
    if content is not None:
        pathlib.Path(result).with_suffix(".tflite").write_bytes(content)
    pathlib.Path(result).write_text(json.dumps(failure), encoding="utf-8")
