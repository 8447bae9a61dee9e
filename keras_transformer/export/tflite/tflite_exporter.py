import os
import pathlib
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

from keras_transformer.errors import InputError
from keras_transformer.export.exporter import Exporter
from keras_transformer.export.quantizations import checked_quantizations
from keras_transformer.export.tflite.text_signatures.supported import check_supported, unsupported_vocabulary
from keras_transformer.export.tflite.tflite_card import TENSORFLOW_TEXT_USES, ids_uses, text_uses
from keras_transformer.export.tflite.tokenizer_texts import with_texts_of
from keras_transformer.export.verification.artifact_runs import run_program

if TYPE_CHECKING:
    from keras_transformer.generation.search_settings import SearchSettings
    from keras_transformer.translator import Translator


_RUNNER = pathlib.Path(__file__).with_name("tflite_runner.py")
_TEXT_RUNNER = pathlib.Path(__file__).with_name("tflite_text_runner.py")
TEXT_IS_DEPRECATED = (
    "`text` (`--text`) is deprecated, because it needs TensorFlow Text's operations. Version 1.0 removes it. Export "
    "without it: the signature `translate_text` of the file maps texts to texts with built-in operations only."
)


class TFLiteExporter(Exporter):
    """Exporter of `.tflite` files that include the search, with the SentencePiece models in the same folder.

    Args:
        quantize: None (default) for float32, "float16", or "int8" for weights in bytes.
        text: whether the file includes TensorFlow Text's tokenizers: text to text, with TensorFlow Text's operations.
            Deprecated: the signature `translate_text` does not need these operations. Default False.
        text_signature: whether the file has the signatures `translate_text`, `translate_text_256`, `tokenize` and
            `detokenize`, code points to code points, with built-in operations only. Default None: if the vocabularies
            support it.

    Raises:
        InputError: the quantisation is unknown, or `text_signature` is True together with `text`.
    """

    name = "tflite"
    title = "a TFLite file"
    suffix = ".tflite"
    options = frozenset({"quantize", "text", "text_signature", "ensemble"})
    drops_nul = True

    def __init__(self, quantize=None, text=False, text_signature=None):
        super().__init__(quantize, text, text_signature)
        if text and text_signature:
            raise InputError(
                "`text` and `text_signature` exclude each other. Use `text_signature` alone: it needs no operation of "
                "TensorFlow Text."
            )

    def check_files(self, files):
        """Raises an InputError if the file cannot have the signatures, or Keras has quantised layers of the model."""
        super().check_files(files)
        self._check_quantizations(files.note.layers(files.config))

    def check_model(self, model):
        """Raises an InputError if Keras has quantised layers of a model. TFLite's converter does not support them."""
        self._check_quantizations(checked_quantizations(model))

    def _check_quantizations(self, quantizations):
        if quantizations:
            modes = " and ".join(sorted({quantization.mode for quantization in quantizations.values()}))
            raise InputError(
                f"A model that Keras quantised cannot be exported to TFLite: {len(quantizations)} of its layers are "
                f"{modes}. "
                'Export the model before `quantize`, with `--quantize int8` (in Python quantize="int8").'
            )

    def check_tokenizers(self, tokenizers):
        """Raises an InputError if the file cannot have the required signatures for a vocabulary."""
        if self.text and tokenizers.placeholder_kinds:
            raise InputError(
                "`text` (`--text`) does not support a model with placeholders, which need regular expressions. "
                "Export without it, for token ids."
            )
        if self.text_signature:
            for tokenizer in tokenizers.files.values():
                check_supported(tokenizer.model)

    def missing_text_signature(self, translator):
        """Returns the reason why the file has no signatures for texts, or None if it has.

        Args:
            translator: the `Translator`.
        """
        if self.text_signature is False:
            return "they were omitted at export"
        found = unsupported_vocabulary(translator.tokenizers)
        if found is None:
            return None
        side, reason = found
        owner = "the vocabulary" if translator.tokenizers.is_shared else f"the {side}'s vocabulary"
        return f"{owner} {reason}"

    def write(self, translator, artifact, settings):
        from keras_transformer.export.tflite.tflite_content import tflite_content  # noqa: PLC0415 (imports TensorFlow)

        has_texts = not self.text and self.missing_text_signature(translator) is None
        content = tflite_content(translator, settings, self.quantize, self.text, has_texts)
        if not self.text:
            translator.tokenizers.save(artifact.parent, artifact.stem)
        artifact.write_bytes(content)

    def run(self, artifact, translator, texts, settings):
        if self.text:
            return run_program(_TEXT_RUNNER, artifact, texts)
        arguments = {"max_length": settings.max_length, "is_quantized": bool(self.quantize), "text_ids": None}
        tokenizers, has_texts = translator.tokenizers, self.missing_text_signature(translator) is None
        if has_texts:
            arguments["text_ids"] = tokenizers.source.tokenize(texts).to_list()
        return with_texts_of(tokenizers, run_program(_RUNNER, artifact, texts, tokenizers, arguments), has_texts)

    def operations(self, artifact):
        from keras_transformer.export.tflite.tflite_file import operations_of  # noqa: PLC0415 (imports TensorFlow)

        return operations_of(artifact.read_bytes())

    def notes(self, translator):
        if self.text:
            return [TEXT_IS_DEPRECATED]
        reason = None if self.text_signature is False else self.missing_text_signature(translator)
        return [f"The file has no signatures for texts: {reason}."] if reason else []

    def card(self, translator):
        if self.text:
            return TENSORFLOW_TEXT_USES
        return ids_uses() + text_uses(self.missing_text_signature(translator))

    def export(self, translator, path, settings=None, prove=None):
        path = pathlib.Path(path)
        if not self.text and not path.is_file():
            _check_no_other_tokenizers(path, translator.tokenizers)
        return super().export(translator, path, settings, prove)

    def place(self, translator, folder, path):
        # Models with the name of a file are those of its earlier export, unless it takes texts.
        is_replaced, written = path.is_file() and not self.text, {file.name for file in folder.iterdir()}
        placed = super().place(translator, folder, path)
        for file in _tokenizer_files(path) if is_replaced else ():
            if file.name not in written:
                file.unlink(missing_ok=True)
        return placed


def export_tflite(
    translator: "Translator",
    path: str | os.PathLike,
    quantize: str | None = None,
    text: bool = False,
    settings: "SearchSettings | None" = None,
    prove: Callable | None = None,
    text_signature: bool | None = None,
) -> pathlib.Path:
    """Writes a `.tflite` file that includes the search, and the SentencePiece models in the same folder.

    Args:
        translator: the `Translator`.
        path: the file. An existing file is replaced. The SentencePiece models are `NAME.model`, or `NAME.source.model`
            and `NAME.target.model`. They are replaced together with the file only. They are not written with `text`.
        quantize: None (default) for float32, "float16", or "int8" for weights in bytes.
        text: deprecated, see `TFLiteExporter`. Default False.
        settings: `SearchSettings`. Default: their defaults.
        prove: a `Proof`, called with the file before it is renamed. Its errors end the export. Default None.
        text_signature: whether the file has the signatures for texts, see `TFLiteExporter`. Default None: if the
            vocabularies support it.

    Returns:
        The file, a path.

    Raises:
        InputError: an argument is out of range, the vocabulary does not support `text_signature`, Keras has quantised
            the model, or the file cannot be written.
        ExportError: TFLite does not support an operation. The message has its name and the line of code.

    Example:

    >>> kt.export.export_tflite(translator, "exported/my.tflite", settings=kt.SearchSettings(beam_size=2)).name
    'my.tflite'
    """
    if text:
        warn_of_text(stacklevel=3)
    return TFLiteExporter(quantize, text, text_signature).export(translator, path, settings, prove)


def warn_of_text(stacklevel):
    """Warns that `text` is deprecated.

    Args:
        stacklevel: see `warnings.warn`, counted from this function.
    """
    warnings.warn(TEXT_IS_DEPRECATED, DeprecationWarning, stacklevel=stacklevel)


def _tokenizer_files(path):
    """Returns the paths of the SentencePiece models that belong to a `.tflite` file."""
    return [path.with_name(path.stem + ending) for ending in (".model", ".source.model", ".target.model")]


def _check_no_other_tokenizers(path, tokenizers):
    """Raises an InputError if SentencePiece models of the user have the names of those of a new file.

    A killed export can have left the same models.
    """
    known = [tokenizer.model for tokenizer in tokenizers.files.values()]
    for file in _tokenizer_files(path):
        if file.is_file() and file.read_bytes() not in known:
            raise InputError(
                f"{file} exists already, does not belong to {path.name}, and is not overwritten. Choose another name, "
                "or move it."
            )
