import os
import pathlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from keras_transformer.errors import InputError
from keras_transformer.export.artifact_card import write_artifact_card
from keras_transformer.export.quantizations import check_quantize, checked_quantizations
from keras_transformer.export.staging import staged_folder
from keras_transformer.generation.search_settings import SearchSettings

if TYPE_CHECKING:
    import keras

    from keras_transformer.translator import Translator


class Exporter:
    """Base class of export formats: writes a model in a format and runs the artifact.

    A subclass sets the class attributes and overrides `check_path`, `write`, `run`, `card` and `place`, and other
    methods if their defaults do not apply. One line in `exporters.EXPORTERS` adds it to the command `export`.

    Args:
        quantize: None (default) for float32, "float16" or "int8".
        text: whether the artifact takes texts, for a format that can also take token ids. Default False.

    Attributes:
        name: name of the format in `--format`.
        title: name of the artifact in a sentence, such as "a SavedModel".
        options: the options of "quantize", "text" and "n_best" that the format supports.
        fixes_search: whether the artifact includes the search with its settings. Otherwise the runtime searches, and
            the artifact is compared with the model by greedy search. Default True.
        rounds_activations: whether the artifact rounds activations if the quantised model does. Default True.

    Raises:
        InputError: the format does not support an option, or the quantisation is unknown.

    Example:

    >>> exporter = kt.export.get_exporter("tflite", quantize="int8")
    >>> exporter.export(translator, "ko_en.tflite", kt.SearchSettings(beam_size=2))
    """

    name = None
    title = None
    options = frozenset()
    fixes_search = True
    rounds_activations = True

    def __init__(self, quantize: str | None = None, text: bool = False):
        for option, value in (("quantize", quantize), ("text", text)):
            if value and option not in self.options:
                raise InputError(f"The format {self.name} does not support `{option}`. Received: {option}={value!r}.")
        check_quantize(quantize)
        self.quantize = quantize
        self.text = text

    @property
    def label(self) -> str:
        """The format in a `Verification`: the name, followed by "text" for an artifact that takes texts."""
        return f"{self.name} text" if self.text else self.name

    def export(
        self,
        translator: "Translator",
        path: str | os.PathLike,
        settings: SearchSettings | None = None,
        prove: Callable | None = None,
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
        self.check_model(translator.model)
        settings = (settings or SearchSettings()).of_model(translator.config)
        with staged_folder(self.folder_of(path), path) as unfinished:
            artifact = self.write(translator, unfinished, path, settings)
            verification = None if prove is None else prove(artifact)
            card = artifact / "README.md" if artifact.is_dir() else artifact.with_name(f"{artifact.name}.md")
            limits = settings if self.fixes_search else None
            write_artifact_card(card, self.title_of(path), self.card(translator), translator, limits, verification)
            return self.place(translator, unfinished, path)

    def default_name(self, model_name: str) -> str:
        """Returns the default name of the artifact for the name of a model.

        Raises:
            InputError: there is no default for this name.
        """
        raise NotImplementedError

    def check_path(self, path: pathlib.Path) -> None:
        """Raises an InputError if no artifact can be written to `path`. It is called before any work starts."""
        raise NotImplementedError

    def check_model(self, model: "keras.Model") -> None:
        """Raises an InputError if a Keras model cannot be exported. Default: if its quantisation is unknown."""
        checked_quantizations(model)

    def folder_of(self, path: pathlib.Path) -> pathlib.Path:
        """Returns the folder in which the artifact is written before it is moved. Default: the parent of `path`."""
        return path.resolve().parent

    def title_of(self, path: pathlib.Path) -> str:
        """Returns the heading of the artifact's card. Default: its name."""
        return path.resolve().name

    def write(
        self, translator: "Translator", folder: pathlib.Path, path: pathlib.Path, settings: SearchSettings
    ) -> pathlib.Path:
        """Writes the artifact.

        Args:
            translator: the `Translator`.
            folder: an empty folder for the files, a `pathlib.Path`.
            path: the final path of the artifact.
            settings: `SearchSettings` with a `max_length`.

        Returns:
            The path of the artifact: `folder`, or a file in it.

        Raises:
            ExportError: the format does not support the model.
        """
        raise NotImplementedError

    def run(self, artifact: pathlib.Path, translator: "Translator", texts: Sequence[str], settings: SearchSettings):
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
        raise NotImplementedError

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

    def card(self, translator: "Translator"):
        """Returns Markdown lines about the use of the artifact."""
        raise NotImplementedError

    def place(self, translator: "Translator", folder: pathlib.Path, path: pathlib.Path):
        """Moves the content of `folder` to `path`, and writes additional files in the same folder.

        Returns:
            The path of the artifact.
        """
        raise NotImplementedError
