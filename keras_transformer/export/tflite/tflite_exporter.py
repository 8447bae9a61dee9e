import os
import pathlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from keras_transformer.errors import InputError
from keras_transformer.export.exporter import Exporter
from keras_transformer.export.quantizations import checked_quantizations
from keras_transformer.export.tflite.ids_to_ids import IdsToIds
from keras_transformer.export.tflite.one_text import OneText
from keras_transformer.export.tflite.tflite import convert
from keras_transformer.export.tflite.tflite_file import operations_of
from keras_transformer.export.verification.artifact_runs import run_program
from keras_transformer.models.dtype_policy import in_float32

if TYPE_CHECKING:
    from keras_transformer.generation.search_settings import SearchSettings
    from keras_transformer.translator import Translator


_RUNNER = pathlib.Path(__file__).with_name("tflite_runner.py")
_TEXT_RUNNER = pathlib.Path(__file__).with_name("tflite_text_runner.py")
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
    suffix = ".tflite"
    options = frozenset({"quantize", "text"})

    def check_model(self, model):
        """Raises an InputError if Keras has quantised layers of a model. TFLite's converter does not support them."""
        quantizations = checked_quantizations(model)
        if quantizations:
            modes = " and ".join(sorted({quantization.mode for quantization in quantizations.values()}))
            raise InputError(
                f"A model that Keras quantised cannot be exported to TFLite: {len(quantizations)} of its layers are "
                f"{modes}. "
                'Export the model before `quantize`, with `--quantize int8` (in Python quantize="int8").'
            )

    def write(self, translator, artifact, settings):
        model = in_float32(translator.model)
        if self.text:
            module = OneText(model, translator.tokenizers, settings, self.quantize)
        else:
            module = IdsToIds(model, settings, self.quantize)
            translator.tokenizers.save(artifact.parent, artifact.stem)
        artifact.write_bytes(convert(module, self.quantize, allow_text=self.text))

    def run(self, artifact, translator, texts, settings):
        if self.text:
            return run_program(_TEXT_RUNNER, artifact, texts)
        arguments = {"max_length": settings.max_length, "is_quantized": bool(self.quantize)}
        return run_program(_RUNNER, artifact, texts, translator.tokenizers, arguments)

    def operations(self, artifact):
        return operations_of(artifact.read_bytes())

    def card(self, translator):
        return _TEXT_USES if self.text else _USES

    def place(self, translator, folder, path):
        if path.is_file():  # Otherwise, files with its name are the user's, not those of an earlier export.
            _remove_tokenizers(path)
        return super().place(translator, folder, path)


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


def _remove_tokenizers(path):
    """Removes the SentencePiece models of an earlier export. This export may write models of other names."""
    for ending in (".model", ".source.model", ".target.model"):
        path.with_name(path.stem + ending).unlink(missing_ok=True)
