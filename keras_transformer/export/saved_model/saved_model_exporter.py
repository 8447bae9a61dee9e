import os
import pathlib
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from keras_transformer.errors import InputError
from keras_transformer.export.exporter import Exporter
from keras_transformer.export.staging import check_new_folder
from keras_transformer.export.verification.artifact_runs import run_program

if TYPE_CHECKING:
    from keras_transformer.generation.search_settings import SearchSettings
    from keras_transformer.translator import Translator


_RUNNER = pathlib.Path(__file__).with_name("saved_model_runner.py")
_USES = [
    "A SavedModel for TensorFlow Serving, text to text. Signatures: `serving_default` (`text` to `translation` and",
    "`score`), `n_best` (`text` to `translations`, `scores`), `attention` (`text` to `translation`, `source_tokens`,",
    "`target_tokens`, `attention`). In Python:",
    "",
    "```python",
    "import tensorflow as tf, tensorflow_text",
    'translate = tf.saved_model.load("PATH").signatures["serving_default"]',
    'translate(text=tf.constant(["a sentence"]))["translation"]',
    "```",
]
_PREFIX_USES = [
    "",
    "Signature `with_prefix`: `text` and `prefix` to `translation` and `score`. Each translation begins with its",
    "prefix, in the vocabulary's normalisation. An empty prefix forces nothing. A character that is not in the",
    "vocabulary is an error of the request.",
]
_JIT_USES = [
    "",
    "XLA compiles the search of single texts of up to 64 tokens. Batches and longer texts are searched as usual.",
    "TensorFlow Serving needs the option `--xla_cpu_compilation_enabled=true`. Each signature and length is compiled",
    "in seconds when it is first used, by the warm-up requests.",
]


class SavedModelExporter(Exporter):
    """Exporter of text-to-text SavedModels for TensorFlow Serving, as versions in the folder of a model.

    Args:
        quantize: must be None.
        text: must be False.
        text_signature: must be None.
        prefix_signature: whether the SavedModel has the signature `with_prefix`: `text` and `prefix` to `translation`
            and `score`. Each translation begins with its prefix. Default False.
        jit: whether XLA compiles the search of single texts of up to 64 tokens, for servers that allow it. Default
            False.
    """

    name = "saved_model"
    title = "a SavedModel for TensorFlow Serving"
    options = frozenset({"n_best", "prefix_signature", "ensemble", "shortlist", "jit"})
    masks_placeholders = True

    def __init__(
        self,
        quantize: str | None = None,
        text: bool = False,
        text_signature: bool | None = None,
        prefix_signature: bool = False,
        jit: bool = False,
    ):
        super().__init__(quantize, text, text_signature)
        self.prefix_signature = prefix_signature
        self.jit = jit

    def default_name(self, model_name):
        if _is_version(model_name):
            raise InputError(f"{model_name}: a folder named {model_name} would be a version of a model. Set --output.")
        return model_name

    def check_path(self, path):
        model_folder_and_version(path)

    def folder_of(self, path):
        return model_folder_and_version(path)[0]

    def title_of(self, path):
        return self.folder_of(path).resolve().name

    def check_settings(self, settings, num_models):
        super().check_settings(settings, num_models)
        if self.jit:
            _check_compiled(settings, num_models)

    def write(self, translator, artifact, settings):
        from keras_transformer.export.saved_model.write_saved_model import write_saved_model  # noqa: PLC0415 (slow)

        write_saved_model(translator, artifact, settings, self.prefix_signature, self.jit)

    def run(self, artifact, translator, texts, settings):
        return run_program(_RUNNER, artifact, texts, arguments={"is_sampled": settings.sample})

    def operations(self, artifact):
        from keras_transformer.export.saved_model_operations import saved_model_operations  # noqa: PLC0415 (slow)

        return list(saved_model_operations(artifact))

    def card(self, translator):
        return _USES + _PREFIX_USES * self.prefix_signature + _JIT_USES * self.jit

    def place(self, translator, folder, path):
        from keras_transformer.export.saved_model.serving_files import write_server_config  # noqa: PLC0415 (slow)

        model_folder, version = model_folder_and_version(path)
        write_server_config(model_folder)
        return _rename(folder, model_folder, version)


def export_saved_model(
    translator: "Translator",
    path: str | os.PathLike,
    settings: "SearchSettings | None" = None,
    prove: Callable | None = None,
    prefix_signature: bool = False,
    jit: bool = False,
) -> pathlib.Path:
    """Writes a text-to-text SavedModel for TensorFlow Serving.

    Args:
        translator: the `Translator`.
        path: the folder of the model, for the next free version, or the folder of a version, whose name is a number. A
            version must not exist yet.
        settings: `SearchSettings`. Default: their defaults.
        prove: a `Proof`, called with the folder before it is renamed. Its errors end the export. Default None.
        prefix_signature, jit: see `SavedModelExporter`. Default False.

    Returns:
        The folder of the version, a path.

    Raises:
        InputError: the version exists already, or the folder cannot be written.
        ExportError: the SavedModel has an operation that a standard server does not support.

    Example:

    >>> kt.export.export_saved_model(translator, "exported/my", kt.SearchSettings(beam_size=2)).name
    '1'
    """
    return SavedModelExporter(prefix_signature=prefix_signature, jit=jit).export(translator, path, settings, prove)


def _check_compiled(settings, num_models):
    """Raises an InputError unless XLA can compile the search: its shapes are fixed for a beam search of one model."""
    received = [
        f"{name}={getattr(settings, name)}"
        for name in ("sample", "no_repeat_ngram", "min_length", "shortlist")
        if getattr(settings, name)
    ]
    if num_models > 1:
        received.append(f"{num_models} models")
    if received:
        raise InputError(
            f"`jit` needs a beam search of one model without other options. Received: {', '.join(received)}."
        )


def model_folder_and_version(path):
    """Returns the folder of a model, and the version in `path` or None. An existing version is an InputError."""
    path = pathlib.Path(path)
    if _is_version(path.name):
        check_new_folder(path)
        return path.parent, int(path.name)
    return path, None


def _is_version(name):
    """Returns whether a name is a version number of TensorFlow Serving, without leading zeros."""
    return re.fullmatch("0|[1-9][0-9]*", name) is not None


def _rename(unfinished, model_folder, version):
    """Renames the folder to its version. If another process has used the number, the next free one is used."""
    while True:
        taken = [int(entry.name) for entry in model_folder.iterdir() if _is_version(entry.name)]
        finished = model_folder / str(1 + max(taken, default=0) if version is None else version)
        try:
            os.rename(unfinished, finished)
            return finished
        except OSError as error:
            if version is not None or not finished.exists():
                raise InputError(f"{finished}: {error.strerror}. Nothing was overwritten.") from None
