import abc
import dataclasses
import os
import pathlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from keras_transformer.errors import ExportError, InputError, check_installed
from keras_transformer.export.artifact_card import remove_verification, write_artifact_card
from keras_transformer.export.placeholder_lines import placeholder_lines
from keras_transformer.export.quantizations import check_quantize, checked_quantizations
from keras_transformer.export.staging import check_new_folder, move_files, staged_folder
from keras_transformer.generation.search_settings import SearchSettings

if TYPE_CHECKING:
    import keras

    from keras_transformer.export.verification.run import Run
    from keras_transformer.export.verification.verification import Verification
    from keras_transformer.saving.model_files import ModelFiles
    from keras_transformer.text import Tokenizers
    from keras_transformer.translator import Translator


class Exporter(abc.ABC):
    """Base class of export formats: writes a model in a format and runs the artifact.

    A subclass sets `name` and `title`, and overrides `write`, `run` and `card`, and other members if their defaults do
    not apply. One line in `exporters.EXPORTERS` adds it to the command `export`.

    Args:
        quantize: None (default) for float32, "float16" or "int8".
        text: whether the artifact takes texts, for a format that can also take token ids. Default False.
        text_signature: whether the artifact has signatures for texts in addition to those for token ids. Default None:
            if the format and the vocabulary support it.

    Attributes:
        name: name of the format in `--format`.
        title: name of the artifact in a sentence, such as "a TFLite file".
        suffix: ending of the artifact's name if it is a file, such as ".tflite". Default "": the artifact is a folder.
        packages: optional packages that the format needs. The extra that installs them has the format's `name`.
            Default: none.
        options: the options of "quantize", "text", "text_signature", "prefix_signature", "n_best", "shortlist",
            "jit" and "litert" that the format supports, and "ensemble" if it can contain several models. Default: none.
        fixes_search: whether the artifact includes the search with its settings. Otherwise the runtime searches, and
            the artifact is compared with the model by greedy search. Default True.
        fixes_length: whether the artifact includes the maximum length of source and translation. Default True.
        rounds_activations: whether the artifact rounds activations if the quantised model does. Otherwise it is checked
            by BLEU instead of identical translations. Default True.
        masks_placeholders: whether the artifact replaces URLs and so on by placeholders, and puts them back. Otherwise
            it is compared with the model without them, and the card describes the task of the client. Default False.
        drops_nul: whether the artifact ignores the character NUL, which the model reads. It is then compared on texts
            without it. Default False.
        prefix_use: how the runtime gets forced beginnings, for the message about `--prefix`, such as "CTranslate2 takes
            them as `target_prefix` of each call". Default "": this is not known.

    Raises:
        InputError: the format does not support an option, or the quantisation is unknown.
        TypeError: a subclass lacks `name`, `title`, `write`, `run` or `card`.

    Example:

    >>> exporter = kt.export.get_exporter("tflite", quantize="int8")
    >>> exporter.export(translator, "ko_en.tflite", kt.SearchSettings(beam_size=2))
    """

    name: str
    title: str
    suffix = ""
    packages: tuple[str, ...] = ()
    options: frozenset[str] = frozenset()
    fixes_search = True
    fixes_length = True
    rounds_activations = True
    masks_placeholders = False
    drops_nul = False
    prefix_use = ""

    def __init__(self, quantize: str | None = None, text: bool = False, text_signature: bool | None = None):
        for attribute in ("name", "title"):
            if not isinstance(getattr(self, attribute, None), str):
                raise TypeError(f"{type(self).__name__} must set the class attribute `{attribute}` to a string.")
        for option, value in (("quantize", quantize), ("text", text or None), ("text_signature", text_signature)):
            if value is not None and option not in self.options:
                raise InputError(f"The format {self.name} does not support `{option}`. Received: {option}={value!r}.")
        check_quantize(quantize)
        self.quantize = quantize
        self.text = text
        self.text_signature = text_signature

    @property
    def label(self) -> str:
        """The format in a `Verification`: the name, followed by "text" for an artifact that takes texts."""
        return f"{self.name} text" if self.text else self.name

    def export(
        self,
        translator: "Translator",
        path: str | os.PathLike,
        settings: SearchSettings | None = None,
        prove: "Callable[[pathlib.Path], Verification] | None" = None,
    ) -> pathlib.Path:
        """Writes an artifact atomically.

        Args:
            translator: the `Translator`.
            path: path of the artifact.
            settings: `SearchSettings`. Default: their defaults.
            prove: a `Proof`, called with the artifact before it is moved to `path`. Its errors end the export. Default
                None.

        Returns:
            The path of the artifact.

        Raises:
            InputError: an argument is out of range, the model cannot be exported, or the path cannot be written.
            ExportError: the format does not support the model.
        """
        path = pathlib.Path(path)
        self.check_path(path)
        from keras_transformer.models.ensemble import models_of  # noqa: PLC0415 (imports Keras)

        models = models_of(translator.model)
        if len(models) > 1 and "ensemble" not in self.options:
            raise InputError(f"The format {self.name} does not support ensembles. Received: {len(models)} models.")
        for model in models:
            self.check_model(model)
        self.check_tokenizers(translator.tokenizers)
        settings = (settings or SearchSettings()).of_model(translator.config)
        self.check_settings(settings, len(models))
        with staged_folder(self.folder_of(path), path) as unfinished:
            artifact = unfinished / path.name if self.suffix else unfinished
            self.write(translator, artifact, settings)
            if self.suffix and not artifact.is_file():
                raise ExportError(f"{type(self).__name__}.write must write the file `artifact`. Received: no file.")
            verification = None if prove is None else prove(artifact)
            card = artifact.with_name(f"{artifact.name}.md") if self.suffix else artifact / "README.md"
            uses = [*self.card(translator), *placeholder_lines(translator.tokenizers.placeholders, self)]
            if not self.fixes_length:
                settings = dataclasses.replace(settings, max_length=translator.config.max_length)
            title = self.title_of(path)
            write_artifact_card(card, title, uses, translator, settings, verification, self.fixes_search)
            return self.place(translator, unfinished, path)

    def check_settings(self, settings: SearchSettings, num_models: int) -> None:
        """Raises an InputError if the format does not support `SearchSettings` for a number of models.

        It is called before any work starts. Default: `shortlist` must be one of the `options`.
        """
        if settings.shortlist and self.fixes_search and "shortlist" not in self.options:
            raise InputError(f"The format {self.name} does not support `shortlist`. Received: shortlist=True.")

    def default_name(self, model_name: str) -> str:
        """Returns the default name of the artifact for the name of a model.

        Default: the name of the model, the `name` of the format if the artifact is a folder, "text", the quantisation
        and the `suffix`, such as "my-ctranslate2-int8" or "my-text.tflite".

        Raises:
            InputError: there is no default for this name.
        """
        parts = [model_name, "" if self.suffix else self.name, "text" if self.text else "", self.quantize]
        return "-".join(filter(None, parts)) + self.suffix

    def check_path(self, path: pathlib.Path) -> None:
        """Raises an InputError if no artifact can be written to `path`. It is called before any work starts.

        Default: the `packages` must be installed, a file must have the `suffix`, and may replace another file. A folder
        must be new or empty.
        """
        self._check_place(path)
        for package in self.packages:
            check_installed(package, extra=self.name)

    def _check_place(self, path):
        if not self.suffix:
            check_new_folder(path)
        elif path.suffix != self.suffix:
            title = self.title[:1].upper() + self.title[1:]
            raise InputError(f"{title} must be named NAME{self.suffix}. Received: {path}.")
        elif path.is_dir():
            raise InputError(f"{path}: expected a file to write, but it is a folder.")

    def check_model(self, model: "keras.Model") -> None:
        """Raises an InputError if a Keras model cannot be exported. Default: if its quantisation is unknown."""
        checked_quantizations(model)

    def check_tokenizers(self, tokenizers: "Tokenizers") -> None:
        """Raises an InputError if the format does not support the `Tokenizers`. Default: it supports all of them."""
        return

    def check_files(self, files: "ModelFiles") -> None:
        """Raises an InputError if a model folder cannot be exported, before Keras and TensorFlow are imported.

        The command calls it. Default: `check_tokenizers`.
        """
        self.check_tokenizers(files.tokenizers)

    def folder_of(self, path: pathlib.Path) -> pathlib.Path:
        """Returns the folder in which the artifact is written before it is moved. Default: the parent of `path`."""
        return path.parent if self.suffix else path.resolve().parent

    def title_of(self, path: pathlib.Path) -> str:
        """Returns the heading of the artifact's card. Default: its name."""
        return path.name if self.suffix else path.resolve().name

    @abc.abstractmethod
    def write(self, translator: "Translator", artifact: pathlib.Path, settings: SearchSettings) -> None:
        """Writes the artifact.

        Args:
            translator: the `Translator`.
            artifact: the temporary path to write to. With a `suffix`, it is a file in an empty folder; further files of
                this folder are moved with it. Otherwise it is an empty folder.
            settings: `SearchSettings` with a `max_length`.

        Raises:
            ExportError: the format does not support the model.
        """

    @abc.abstractmethod
    def run(
        self, artifact: pathlib.Path, translator: "Translator", texts: Sequence[str], settings: SearchSettings
    ) -> "Run":
        """Translates texts with an artifact, in a fresh process.

        Args:
            artifact: its path.
            translator: the `Translator` of the artifact.
            texts: a list of strings.
            settings: the `proof_settings`.

        Returns:
            `Run`, see `run_program`.

        Raises:
            ExportError: the artifact does not run.
        """

    @abc.abstractmethod
    def card(self, translator: "Translator") -> list[str]:
        """Returns Markdown lines about the use of the artifact."""

    def notes(self, translator: "Translator") -> list[str]:
        """Returns sentences that the command prints before the export, such as a deprecation. Default: none."""
        return []

    def proof_settings(self, settings: SearchSettings) -> SearchSettings:
        """Returns the `SearchSettings` of the comparison with the model.

        Default: those of the artifact, or greedy search if the runtime searches, because greedy search is the same in
        all runtimes.
        """
        if self.fixes_search:
            return settings
        return SearchSettings(beam_size=1, n_best=1, length_penalty=0.0, max_length=settings.max_length)

    def operations(self, artifact: pathlib.Path) -> list[str] | None:
        """Returns the sorted names of the operations in an artifact. Default: None, unknown."""
        return

    def place(self, translator: "Translator", folder: pathlib.Path, path: pathlib.Path) -> pathlib.Path:
        """Moves the content of the temporary folder to its place.

        Default: a folder is renamed to `path`. Files are moved to the parent of `path` and replace files of the same
        names. The `verification.json` of a replaced file is removed.

        Returns:
            The path of the artifact.
        """
        if not self.suffix:
            os.rename(folder.resolve(), path.resolve())
            return path
        if path.is_file():  # Otherwise, files with its name are the user's, not those of an earlier export.
            remove_verification(path.parent, path.name)
        move_files(folder, path.parent)
        return path
