import json
import pathlib
import re
import sys
import tempfile

import tensorflow as tf

from keras_transformer.errors import ExportError, InputError
from keras_transformer.export.artifact_card import remove_verification, write_artifact_card
from keras_transformer.export.quantizations import check_quantize, refuse_quantized
from keras_transformer.export.saved_model.debug_info import DebugInfo
from keras_transformer.export.saved_model.served_operations import served_operations
from keras_transformer.export.staging import move_files, staged_folder
from keras_transformer.export.tflite import convert_tflite
from keras_transformer.export.tflite.ids_to_ids import IdsToIds
from keras_transformer.export.tflite.one_text import OneText
from keras_transformer.export.tflite.tflite_file import operations_of, shrink
from keras_transformer.files.whole_files import naming
from keras_transformer.generation.search_settings import SearchSettings
from keras_transformer.models.dtype_policy import in_float32
from keras_transformer.processes.command_process import is_command, run_child
from keras_transformer.processes.standard_error import standard_error_held_back

# TensorFlow Text's, in every runtime that its registrar was added to.
_TEXT_OPERATIONS = {"TFText>FastSentencepieceTokenize", "TFText>FastSentencepieceDetokenize"}
_USES = [
    "A TFLite file, token ids to token ids, of built-in operations alone. Signature `translate`: `source_ids` (batch,",
    "source_length) int32, each row the ids of the SentencePiece model and the end token 3, then 0; to `target_ids`",
    "(batch, beam, max_length) int32, best first, 0 behind the end token 3, and `scores` (batch, beam) float32. The",
    "signatures `translate_16`, `translate_32`, `translate_64` take `source_ids` of the fixed shapes (1, 16), (1, 32)",
    "and (1, 64).",
]
_TEXT_USES = [
    "A TFLite file, text to text. Signature `translate`: `text` (1,) string to `translation` (1,) string, in UTF-8",
    "(where the model spells broken characters in bytes, they are passed on). The runtime needs TensorFlow Text's",
    "operations (in Python `tensorflow_text.tflite_registrar.SELECT_TFTEXT_OPS`).",
]


def export_tflite(translator, path, quantize=None, text=False, settings=None, prove=None):
    """Writes a `.tflite` file that holds the whole search, and beside it the SentencePiece model where it is needed.

    Args:
        translator: the `Translator`.
        path: the file; where it is there already it is replaced in the end. The SentencePiece model is put beside it
            as `NAME.model`, or as `NAME.source.model` and `NAME.target.model`.
        quantize: None (default) for float32, "float16", or "int8" for weights in bytes.
        text: whether the tokenizers are in the file as well: text to text, by TensorFlow Text's operations. Default
            False: token ids to token ids, by built-in operations alone.
        settings: `SearchSettings`. Default: their defaults.
        prove: a `Proof`, called with the file before it is given its name; what it raises ends the export. Default
            None.

    Returns:
        The file, a path.

    Raises:
        InputError: an argument is out of range, Keras has quantised the model, or the file cannot be written.
        ExportError: TFLite lacks an operation; it says which, and the line of code that made it.
    """
    path = pathlib.Path(path)
    check_tflite_arguments(path, quantize)
    refuse_quantized(translator.model)
    settings = (settings or SearchSettings()).of_model(translator.config)
    model = in_float32(translator.model)
    if text:
        module = OneText(model, translator.source_tokenizer, translator.target_tokenizer, settings, quantize)
    else:
        module = IdsToIds(model, settings, quantize)
    with staged_folder(path.parent, path) as unfinished:
        (unfinished / path.name).write_bytes(convert(module, quantize, allow_text=text))
        if not text:
            _save_tokenizers(translator, unfinished, path.stem)
        verification = None if prove is None else prove(unfinished / path.name)
        card = unfinished / f"{path.name}.md"
        write_artifact_card(card, path.name, _TEXT_USES if text else _USES, translator, settings, verification)
        if path.is_file():  # Otherwise what bears its name is not of an earlier export, but somebody's own.
            _remove_what_was_beside(path)
        move_files(unfinished, path.parent)
    return path


def check_tflite_arguments(path, quantize):
    """Raises an InputError where `export_tflite` could not use them."""
    check_quantize(quantize)
    if path.suffix != ".tflite":
        raise InputError(f"A TFLite file must be called NAME.tflite. Received: {path}.")
    if path.is_dir():
        raise InputError(f"{path}: expected a file to write, but it is a folder.")


def convert(module, quantize=None, allow_text=False):
    """The bytes of a `.tflite` file with the signatures of a module.

    Args:
        module: a `tf.Module` with a method `signatures`.
        quantize: None, "float16" or "int8".
        allow_text: whether TensorFlow Text's operations are allowed beside the built-in ones. Default False.

    Raises:
        ExportError: TFLite lacks an operation.
    """
    signatures = module.signatures()
    with tempfile.TemporaryDirectory() as folder, naming(folder):
        # Through a SavedModel: converted from functions, the signatures would be lost.
        options = tf.saved_model.SaveOptions(save_debug_info=True)
        tf.saved_model.save(module, folder, signatures=signatures, options=options)
        debug_info = DebugInfo(folder)
        request = {"signatures": list(signatures), "quantize": quantize, "allow_text": allow_text}
        with standard_error_held_back(shown_on_failure=False):
            # A command has to end on Ctrl-C; elsewhere a process of its own is not worth the seconds of its start.
            content, failure = (
                _convert_in_child(folder, request) if is_command() else convert_tflite.convert(folder, **request)
            )
        if failure:
            raise ExportError(_explain(failure, debug_info))
        content = shrink(content)
        custom = {name for name in operations_of(content) if not re.fullmatch("[A-Z0-9_]+", name)} - _TEXT_OPERATIONS
        if custom:
            nodes = served_operations(folder)
            raise ExportError(_missing({name: debug_info.line_of(nodes.get(name)) for name in sorted(custom)}))
    return content


def _convert_in_child(folder, request):
    with tempfile.TemporaryDirectory() as exchange:
        exchange = pathlib.Path(exchange)
        (exchange / "request.json").write_text(json.dumps(request), encoding="utf-8")
        program = convert_tflite.__file__
        status, errors = run_child(
            [sys.executable, program, folder, exchange / "request.json", exchange / "result.json"]
        )
        if status:
            raise ExportError(
                f"TFLite's converter failed: {(errors.strip() or f'it ended with {status}').splitlines()[-1]}"
            )
        failure = json.loads((exchange / "result.json").read_text(encoding="utf-8"))
        return None if failure else (exchange / "result.tflite").read_bytes(), failure


def _explain(failure, debug_info):
    """The operations that TFLite lacks and where they come from, in place of the converter's report."""
    found = {}
    for operator, nodes in failure["missing"]:
        lines = [line for node in nodes if (line := debug_info.line_of(node))]
        found.setdefault(operator.removeprefix("tf."), lines[0] if lines else None)
    if not found:
        return f"TFLite's converter failed: {' '.join(failure['message'].split())[:200]}"
    return _missing(found)


def _missing(lines):
    """The message for operations, by name the line they come from or None."""
    return "TFLite has no built-in operation for " + ", ".join(
        f"{name} (from {line or 'unknown code'})" for name, line in lines.items()
    )


def _remove_what_was_beside(path):
    """Removes what an earlier export wrote beside the file and this one may not write anew."""
    for ending in (".model", ".source.model", ".target.model"):
        path.with_name(path.stem + ending).unlink(missing_ok=True)
    remove_verification(path.parent, path.name)


def _save_tokenizers(translator, folder, name):
    if translator.source_tokenizer == translator.target_tokenizer:
        translator.source_tokenizer.save(folder / f"{name}.model")
    else:
        translator.source_tokenizer.save(folder / f"{name}.source.model")
        translator.target_tokenizer.save(folder / f"{name}.target.model")
