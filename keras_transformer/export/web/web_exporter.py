import os
import pathlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from keras_transformer.errors import InputError
from keras_transformer.export.exporter import Exporter
from keras_transformer.export.tflite.text_signatures.supported import unsupported_vocabulary
from keras_transformer.export.tflite.tflite_exporter import TFLiteExporter
from keras_transformer.export.verification.artifact_runs import run_program
from keras_transformer.export.web.litert_files import copy_litert, find_litert, litert_version
from keras_transformer.export.web.site_files import LITERT_NAME, MODEL_NAME, write_service_worker, write_site

if TYPE_CHECKING:
    from keras_transformer.generation.search_settings import SearchSettings
    from keras_transformer.translator import Translator

_RUNNER = pathlib.Path(__file__).with_name("web_runner.py")


class WebExporter(Exporter):
    """Exporter of folders for browsers: a page that translates on the device, the model and LiteRT.js.

    Any static server serves the folder. After the first visit, the page also opens without a network.

    Args:
        quantize: None (default) for float32, "float16", or "int8" for weights in bytes.
        text: must be False.
        litert: a folder with `node_modules/@litertjs`. Default None: npm downloads LiteRT.js into the cache of the user
            on first use.
    """

    name = "web"
    title = "a page"
    options = frozenset({"quantize", "litert"})
    drops_nul = True

    def __init__(
        self,
        quantize: str | None = None,
        text: bool = False,
        text_signature: bool | None = None,
        litert: str | os.PathLike | None = None,
    ):
        super().__init__(quantize, text, text_signature)
        self.litert = litert
        self._model_exporter = TFLiteExporter(quantize, text_signature=True)

    def check_path(self, path):
        """Raises an InputError if the folder cannot be written, or LiteRT.js cannot be found or downloaded."""
        super().check_path(path)
        find_litert(self.litert)

    def check_model(self, model):
        self._model_exporter.check_model(model)

    def check_files(self, files):
        self.check_tokenizers(files.tokenizers)
        self._model_exporter.check_files(files)

    def check_tokenizers(self, tokenizers):
        """Raises an InputError if the signatures for texts, which the page needs, do not support a vocabulary."""
        if found := unsupported_vocabulary(tokenizers):
            side, reason = found
            advice = "Export it with --format tflite, without signatures for texts"
            if any(getattr(tokenizers, each).model_type != "unigram" for each in ("source", "target")):
                advice = "Train the model with `--set vocabulary.model_type=unigram`"
            raise InputError(f"The format web does not support the {side} vocabulary: it {reason}. {advice}.")

    def write(self, translator, artifact, settings):
        copy_litert(find_litert(self.litert), artifact / LITERT_NAME)
        self._model_exporter.write(translator, artifact / MODEL_NAME, settings)
        for tokenizer in artifact.glob("*.model"):  # The signatures of texts include the vocabulary.
            tokenizer.unlink()
        facts = translator.texts
        write_site(artifact, settings.max_length, facts.source_language, facts.target_language)

    def run(self, artifact, translator, texts, settings):
        return run_program(_RUNNER, artifact, texts, arguments={"is_quantized": bool(self.quantize)})

    def operations(self, artifact):
        return self._model_exporter.operations(artifact / MODEL_NAME)

    def card(self, translator):
        version = litert_version(find_litert(self.litert))
        return [
            "A page that translates on the device of its reader. Serve this folder with any static server, for example",
            "`python -m http.server`. The text does not leave the device.",
            "",
            "After the first visit, the page opens without a network. Browsers support this with HTTPS and on",
            "localhost only. The page is compared with its model in Python and, if Node is installed, in Node.",
            "",
            f"`litert/` has files of LiteRT.js {version} (npm `@litertjs/core`), Copyright Google LLC, Apache License",
            "2.0. One import in `litert/index.js` was changed, and the addresses of source maps were removed.",
        ]

    def place(self, translator, folder, path):
        write_service_worker(folder)
        return super().place(translator, folder, path)


def export_web(
    translator: "Translator",
    path: str | os.PathLike,
    quantize: str | None = None,
    litert: str | os.PathLike | None = None,
    settings: "SearchSettings | None" = None,
    prove: Callable | None = None,
) -> pathlib.Path:
    """Writes a folder for browsers: a page that translates on the device. Any static server serves it.

    Args:
        translator: the `Translator`. Its vocabularies must be of the type unigram.
        path: the folder. It must not exist yet.
        quantize: None (default) for float32, "float16", or "int8" for weights in bytes.
        litert: a folder with `node_modules/@litertjs`, see `WebExporter`. Default None: npm downloads it.
        settings: `SearchSettings`. Default: their defaults.
        prove: a `Proof`, called with the folder before it is renamed. Its errors end the export. Default None.

    Returns:
        The folder, a path.

    Raises:
        InputError: an argument is out of range, the vocabulary is not supported, LiteRT.js cannot be found or
            downloaded, or the folder cannot be written.
        ExportError: TFLite does not support an operation.
    """
    return WebExporter(quantize, litert=litert).export(translator, path, settings, prove)
