import os
import pathlib
import tempfile
import zipfile

from keras_transformer.errors import ExportError, InputError, short_repr
from keras_transformer.export.argos.language_codes import argos_languages, language_name
from keras_transformer.export.argos.sentence_splitter import write_splitter
from keras_transformer.export.ctranslate2.activations import check_activation
from keras_transformer.export.exporter import Exporter
from keras_transformer.export.verification.artifact_runs import run_program
from keras_transformer.files.whole_files import write_json, write_text
from keras_transformer.generation.search_limits import LENGTH_FACTOR, LENGTH_MARGIN
from keras_transformer.text.language_tokens import OTHER_LANGUAGE, is_language_token

_RUNNER = pathlib.Path(__file__).with_name("argos_runner.py")
# The first version that reads a splitter from a package.
_ARGOS_VERSION = "1.11.0"
_PACKAGE_VERSION = "1.0"
# Argos Translate cuts sources at CTranslate2's default of 1,024 tokens, and translations at 256.
_NUM_POSITIONS = 1026
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)


class ArgosExporter(Exporter):
    """Exporter of packages for Argos Translate, which LibreTranslate uses as well.

    A package has the model in CTranslate2's format, the SentencePiece model, and a sentence splitter.

    Args:
        quantize: None (default) for float32, "float16" or "int8".
    """

    name = "argos"
    title = "a package for Argos Translate"
    suffix = ".argosmodel"
    options = frozenset({"quantize"})
    fixes_search = False
    fixes_length = False
    rounds_activations = False
    packages = ("ctranslate2", "onnx")

    def check_files(self, files):
        """Raises an InputError if CTranslate2 lacks the activation of the model, or one of its languages is unknown."""
        super().check_files(files)
        check_activation(files.config)
        argos_languages(files.texts)

    def check_model(self, model):
        from keras_transformer.models.transformer_parts import transformer_parts  # noqa: PLC0415 (imports Keras)

        super().check_model(model)
        check_activation(transformer_parts(model).config)

    def check_tokenizers(self, tokenizers):
        """Raises an InputError if a model has placeholders or language tokens, which Argos Translate does not write."""
        if tokenizers.placeholder_kinds:
            raise InputError(
                "The format argos does not support a model with placeholders: Argos Translate does not replace URLs by "
                "symbols. Use --format saved_model."
            )
        tokens = (token.removeprefix("\u2581") for token in tokenizers.source.all_tokens())
        languages = [token for token in tokens if is_language_token(token) and token != OTHER_LANGUAGE]
        if languages:
            raise InputError(
                "The format argos does not support a model whose sources begin with a language token, because Argos "
                f"Translate has no such option. Received: {len(languages)} tokens such as {short_repr(languages[0])}. "
                "Use another format."
            )

    def write(self, translator, artifact, settings):
        from keras_transformer.export.ctranslate2.ctranslate2_format import save_ctranslate2  # noqa: PLC0415 (slow)

        source, target = argos_languages(translator.texts)
        tokenizers = translator.tokenizers
        with tempfile.TemporaryDirectory(dir=artifact.parent) as folder:
            folder = pathlib.Path(folder) / f"translate-{source}_{target}-{_PACKAGE_VERSION.replace('.', '_')}"
            folder.mkdir()
            write_json(folder / "metadata.json", _metadata(translator, source, target), indent=2)
            tokens = [each.all_tokens() for each in (tokenizers.source, tokenizers.target)]
            try:
                save_ctranslate2(translator.model, *tokens, folder / "model", self.quantize, _NUM_POSITIONS)
            except ValueError as error:
                raise ExportError(str(error)) from error
            tokenizers.source.save(folder / "sentencepiece.model")
            (folder / "minisbd").mkdir()
            write_splitter(folder / "minisbd" / f"{source}.onnx")
            write_text(folder / "README.md", _readme(source, target))
            _write_archive(artifact, folder)

    def run(self, artifact, translator, texts, settings):
        limits = {"max_length": settings.max_length, "length_factor": LENGTH_FACTOR, "length_margin": LENGTH_MARGIN}
        return run_program(_RUNNER, artifact, texts, translator.tokenizers, limits)

    def card(self, translator):
        source, target = argos_languages(translator.texts)
        return [
            "A package for Argos Translate 1.11 or later, and for LibreTranslate:",
            "",
            "```python",
            "import argostranslate.package, argostranslate.translate",
            'argostranslate.package.install_from_path("PATH")',
            f'argostranslate.translate.translate("a text", "{source}", "{target}")',
            "```",
            "",
            "It needs no network. A text is split into sentences by the rules in the package, and each sentence is",
            "translated by beam search with Argos Translate's own settings. The package was compared with its model at",
            "beam size 1, without the splitter. Argos Translate writes an underscore as a space.",
        ]


def _metadata(translator, source, target):
    prefix = translator.config.target_prefix
    return {
        "package_version": _PACKAGE_VERSION,
        "argos_version": _ARGOS_VERSION,
        "type": "translate",
        "from_code": source,
        "from_name": language_name(source),
        "to_code": target,
        "to_name": language_name(target),
        **({} if prefix is None else {"target_prefix": translator.tokenizers.target.token(prefix)}),
    }


def _readme(source, target):
    names = f"{language_name(source)} to {language_name(target)}"
    return f"# {names}\n\nAn encoder-decoder Transformer, exported by keras-transformer.\n"


def _write_archive(path, folder):
    """Writes a folder as a zip archive, the same bytes for the same content."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                info = zipfile.ZipInfo(str(file.relative_to(folder.parent)).replace(os.sep, "/"), _FIRST_DAY)
                info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                with archive.open(info, "w", force_zip64=True) as entry, open(file, "rb") as content:
                    while part := content.read(2**20):
                        entry.write(part)
