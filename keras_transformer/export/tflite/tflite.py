import json
import re
import sys

import tensorflow as tf

from keras_transformer.errors import ExportError
from keras_transformer.export.debug_info import DebugInfo
from keras_transformer.export.saved_model_operations import saved_model_operations
from keras_transformer.export.tflite import convert_tflite
from keras_transformer.export.tflite.tflite_file import operations_of, shrink
from keras_transformer.files.temporary_folder import temporary_folder
from keras_transformer.files.whole_files import naming
from keras_transformer.processes.command_process import is_command, run_child
from keras_transformer.processes.standard_error import standard_error_held_back

# Operations of TensorFlow Text, available in runtimes with its registrar.
_TEXT_OPERATIONS = {"TFText>FastSentencepieceTokenize", "TFText>FastSentencepieceDetokenize"}


def convert(module, quantize=None, allow_text=False):
    """Returns the bytes of a `.tflite` file with the signatures of a module.

    Args:
        module: a `tf.Module` with a method `signatures`.
        quantize: None, "float16" or "int8".
        allow_text: whether TensorFlow Text's operations are allowed in addition to built-in ones. Default False.

    Raises:
        ExportError: TFLite does not support an operation.
    """
    signatures = module.signatures()
    with temporary_folder() as temporary, naming(temporary):
        folder = str(temporary)
        # Converted from a SavedModel, because a conversion from functions drops the signatures.
        options = tf.saved_model.SaveOptions(save_debug_info=True)
        tf.saved_model.save(module, folder, signatures=signatures, options=options)
        debug_info = DebugInfo(folder)
        request = {"signatures": list(signatures), "quantize": quantize, "allow_text": allow_text}
        with standard_error_held_back(shown_on_failure=False):
            # A command needs a separate process to end on Ctrl-C. Other programs save the time of its start.
            content, failure = (
                _convert_in_child(folder, request) if is_command() else convert_tflite.convert(folder, **request)
            )
        if failure:
            raise ExportError(_explain(failure, debug_info))
        content = shrink(content)
        custom = {name for name in operations_of(content) if not re.fullmatch("[A-Z0-9_]+", name)} - _TEXT_OPERATIONS
        if custom:
            nodes = saved_model_operations(folder)
            raise ExportError(_missing({name: debug_info.line_of(nodes.get(name)) for name in sorted(custom)}))
    return content


def _convert_in_child(folder, request):
    with temporary_folder() as exchange:
        (exchange / "request.json").write_text(json.dumps(request), encoding="utf-8")
        program = convert_tflite.__file__
        status, errors = run_child(
            [sys.executable, program, folder, exchange / "request.json", exchange / "result.json"], temporary=exchange
        )
        if status:
            raise ExportError(
                f"TFLite's converter failed: {(errors.strip() or f'it ended with {status}').splitlines()[-1]}"
            )
        failure = json.loads((exchange / "result.json").read_text(encoding="utf-8"))
        return None if failure else (exchange / "result.tflite").read_bytes(), failure


def _explain(failure, debug_info):
    """Returns the unsupported operations and their origins, or the converter's message."""
    found = {}
    for operator, nodes in failure["missing"]:
        lines = [line for node in nodes if (line := debug_info.line_of(node))]
        found.setdefault(operator.removeprefix("tf."), lines[0] if lines else None)
    if not found:
        return f"TFLite's converter failed: {' '.join(failure['message'].split())[:200]}"
    return _missing(found)


def _missing(lines):
    """Returns the message for a dictionary from operations to their code lines or None."""
    return "TFLite has no built-in operation for " + ", ".join(
        f"{name} (from {line or 'unknown code'})" for name, line in lines.items()
    )
