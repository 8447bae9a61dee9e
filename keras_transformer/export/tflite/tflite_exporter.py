import os
import pathlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from keras_transformer.errors import InputError
from keras_transformer.export.artifact_card import remove_verification
from keras_transformer.export.exporter import Exporter
from keras_transformer.export.quantizations import refuse_quantized
from keras_transformer.export.staging import move_files
from keras_transformer.export.tflite.ids_to_ids import IdsToIds
from keras_transformer.export.tflite.one_text import OneText
from keras_transformer.export.tflite.tflite import convert
from keras_transformer.export.tflite.tflite_file import operations_of
from keras_transformer.export.verification.artifact_runs import run_program
from keras_transformer.models.dtype_policy import in_float32

if TYPE_CHECKING:
    from keras_transformer.generation.search_settings import SearchSettings
    from keras_transformer.translator import Translator


_USES = [
    "A TFLite file, token ids to token ids, with built-in operations only. Signature `translate`: `source_ids` (batch,",
    "source_length) int32, each row the ids of the SentencePiece model and the end token 3, then 0; to `target_ids`",
    "(batch, beam, max_length) int32, best first, 0 after the end token 3, and `scores` (batch, beam) float32. The",
    "signatures `translate_16`, `translate_32`, `translate_64` take `source_ids` of the fixed shapes (1, 16), (1, 32)",
    "and (1, 64).",
    "",
    "A blank text, which has only spaces and invisible characters, has no translation. Skip it. Otherwise, the model",
    "generates an arbitrary sentence. The page docs/mobile.md of keras-transformer has the pattern of such texts.",
]
_TEXT_USES = [
    "A TFLite file, text to text. Signature `translate`: `text` (1,) string to `translation` (1,) string, in UTF-8",
    "(where the model spells broken characters in bytes, they are passed on). The runtime needs TensorFlow Text's",
    "operations (in Python `tensorflow_text.tflite_registrar.SELECT_TFTEXT_OPS`).",
]


class TFLiteExporter(Exporter):
    """Exporter of `.tflite` files that include the search, with the SentencePiece models in the same folder.

    Args:
        quantize: None (default) for float32, "float16", or "int8" for weights in bytes.
        text: whether the file includes the tokenizers: text to text, with TensorFlow Text's operations. Default False:
            token ids to token ids, with built-in operations only.
    """

    name = "tflite"
    title = "a TFLite file"
    options = frozenset({"quantize", "text"})

    def default_name(self, model_name):
        text, quantize = "-text" if self.text else "", f"-{self.quantize}" if self.quantize else ""
        return f"{model_name}{text}{quantize}.tflite"

    def check_path(self, path):
        if path.suffix != ".tflite":
            raise InputError(f"A TFLite file must be named NAME.tflite. Received: {path}.")
        if path.is_dir():
            raise InputError(f"{path}: expected a file to write, but it is a folder.")

    def check_model(self, model):
        refuse_quantized(model)

    def folder_of(self, path):
        return path.parent

    def title_of(self, path):
        return path.name

    def write(self, translator, folder, path, settings):
        model = in_float32(translator.model)
        if self.text:
            module = OneText(model, translator.tokenizers, settings, self.quantize)
        else:
            module = IdsToIds(model, settings, self.quantize)
            translator.tokenizers.save(folder, path.stem)
        artifact = folder / path.name
        artifact.write_bytes(convert(module, self.quantize, allow_text=self.text))
        return artifact

    def run(self, artifact, translator, texts, settings):
        if self.text:
            return run_program("run_tflite_text.py", artifact, texts)
        arguments = {"max_length": settings.max_length, "is_quantized": bool(self.quantize)}
        return run_program("run_tflite.py", artifact, texts, translator.tokenizers, arguments)

    def operations(self, artifact):
        return operations_of(artifact.read_bytes())

    def card(self, translator):
        return _TEXT_USES if self.text else _USES

    def place(self, translator, folder, path):
        if path.is_file():  # Otherwise, files with its name are the user's, not those of an earlier export.
            _remove_earlier_models(path)
        move_files(folder, path.parent)
        return path


def export_tflite(
    translator: "Translator",
    path: str | os.PathLike,
    quantize: str | None = None,
    text: bool = False,
    settings: "SearchSettings | None" = None,
    prove: Callable | None = None,
) -> pathlib.Path:
    """Writes a `.tflite` file that includes the search, and the SentencePiece models in the same folder.

    Args:
        translator: the `Translator`.
        path: the file. An existing file is replaced. The SentencePiece models are `NAME.model`, or `NAME.source.model`
            and `NAME.target.model`. They are not written with `text`.
        quantize: None (default) for float32, "float16", or "int8" for weights in bytes.
        text: whether the file includes the tokenizers, see `TFLiteExporter`. Default False.
        settings: `SearchSettings`. Default: their defaults.
        prove: a `Proof`, called with the file before it is renamed. Its errors end the export. Default None.

    Returns:
        The file, a path.

    Raises:
        InputError: an argument is out of range, Keras has quantised the model, or the file cannot be written.
        ExportError: TFLite does not support an operation. The message has its name and the line of code.
    """
    return TFLiteExporter(quantize, text).export(translator, path, settings, prove)


def _remove_earlier_models(path):
    """Removes files of an earlier export that this export may not replace."""
    for ending in (".model", ".source.model", ".target.model"):
        path.with_name(path.stem + ending).unlink(missing_ok=True)
    remove_verification(path.parent, path.name)
