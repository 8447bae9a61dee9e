import pathlib

from keras_transformer.errors import InputError
from keras_transformer.export.artifact_card import write_artifact_card
from keras_transformer.export.quantizations import check_quantize, checked_quantizations
from keras_transformer.export.staging import staged_folder
from keras_transformer.generation.search_settings import SearchSettings


class Exporter:
    """Writes a model in one format, and runs what it wrote; the base class of a file for each format.

    A subclass sets the class attributes and overrides `check_path`, `write`, `run`, `card` and `place`, and more where
    the defaults do not fit. One line in `exporters.EXPORTERS` makes it a choice of the command `export`.

    Args:
        quantize: None (default) for float32, "float16" or "int8".
        text: whether the artifact takes texts where the format may also take token ids. Default False.

    Attributes:
        name: what `--format` calls the format.
        title: what a sentence calls the artifact, such as "a SavedModel".
        options: those of "quantize", "text" and "n_best" that the format takes.
        fixes_search: whether the artifact holds the search with its settings. Otherwise its runtime searches, and it
            is compared with the model by greedy search. Default True.
        rounds_activations: whether the artifact rounds activations where a model that Keras quantised does. Default
            True.

    Raises:
        InputError: the format does not take an option, or there is no such quantisation.

    Example:

    >>> exporter = get_exporter("tflite", quantize="int8")
    >>> exporter.export(translator, "ko_en.tflite", SearchSettings(beam_size=2))
    """

    name = None
    title = None
    options = frozenset()
    fixes_search = True
    rounds_activations = True

    def __init__(self, quantize=None, text=False):
        for option, value in (("quantize", quantize), ("text", text)):
            if value and option not in self.options:
                raise InputError(f"The format {self.name} does not take `{option}`. Received: {option}={value!r}.")
        check_quantize(quantize)
        self.quantize = quantize
        self.text = text

    @property
    def label(self):
        """The format as a `Verification` records it: the name, and "text" behind it where that is chosen."""
        return f"{self.name} text" if self.text else self.name

    def export(self, translator, path, settings=None, prove=None):
        """Writes an artifact, which appears complete or not at all.

        Args:
            translator: the `Translator`.
            path: where the artifact goes.
            settings: `SearchSettings`. Default: their defaults.
            prove: a `Proof`, called with the artifact before it is moved to its place; what it raises ends the export.
                Default None.

        Returns:
            The path of the artifact.

        Raises:
            InputError: an argument is out of range, the model cannot be exported, or the path cannot be written.
            ExportError: the format lacks something of the model.
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

    def default_name(self, model_name):
        """The name of the artifact of a model of this name, where none is given.

        Raises:
            InputError: the name of the model does not allow one.
        """
        raise NotImplementedError

    def check_path(self, path):
        """Raises an InputError where no artifact can be written to `path`; called before any work."""
        raise NotImplementedError

    def check_model(self, model):
        """Raises an InputError where a Keras model cannot be exported. Default: where its quantisation is unknown."""
        checked_quantizations(model)

    def folder_of(self, path):
        """The folder in which the artifact is written and then moved to its place. Default: the one around `path`."""
        return path.resolve().parent

    def title_of(self, path):
        """The heading of the artifact's card. Default: its name."""
        return path.resolve().name

    def write(self, translator, folder, path, settings):
        """Writes the artifact.

        Args:
            translator: the `Translator`.
            folder: an empty folder, a `pathlib.Path`; write into it.
            path: the path that the artifact will have.
            settings: `SearchSettings` with a `max_length`.

        Returns:
            The path of the artifact: `folder`, or a file in it.

        Raises:
            ExportError: the format lacks something of the model.
        """
        raise NotImplementedError

    def run(self, artifact, translator, texts, settings):
        """Translates texts with an artifact, in a fresh process.

        Args:
            artifact: its path.
            translator: the `Translator` it was made from.
            texts: a list of strings.
            settings: the `proof_settings`.

        Returns:
            `Run`, see `run_program`.

        Raises:
            ExportError: it does not run.
        """
        raise NotImplementedError

    def proof_settings(self, settings):
        """The `SearchSettings` by which model and artifact are compared. Default: those of the artifact, or greedy
        search where the runtime searches: what all searches have in common."""
        if self.fixes_search:
            return settings
        return SearchSettings(beam_size=1, n_best=1, length_penalty=0.0, max_length=settings.max_length)

    def operations(self, artifact):
        """The names of the operations in an artifact, sorted. Default: None, not known."""
        return

    def card(self, translator):
        """Markdown lines that say how the artifact is used."""
        raise NotImplementedError

    def place(self, translator, folder, path):
        """Moves what is in `folder` to its place, and writes what belongs beside it.

        Returns:
            The path of the artifact.
        """
        raise NotImplementedError
