"""Converts a SavedModel to TFLite, as a function and as a program.

The converter holds Python's lock for minutes, so a signal cannot end its process in order. A separate process can be
ended at any time. The program is called as `python convert_tflite.py FOLDER REQUEST.json RESULT.json`. The request has
the arguments of `convert`, and the result has its return value. The file is written to `RESULT.tflite`.
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
        allow_text: whether TensorFlow Text's operations are allowed in addition to built-in ones.

    Returns:
        The bytes of the file, or None if it fails; and the failure, a dictionary of the `message` and of `missing`,
        pairs of an operation that TFLite does not have and its nodes.
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
