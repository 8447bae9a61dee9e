"""The job of translating a corpus: its settings, its files in the output folder, and the hash of its models."""

import dataclasses
import hashlib
import importlib.metadata
import importlib.util
import os
import pathlib
import platform

from keras_transformer.corpus_translation.file_digest import file_digest
from keras_transformer.errors import InputError
from keras_transformer.generation.search_settings import BATCH_SIZE, SearchSettings
from keras_transformer.saving.ensemble_files import read_ensemble_files
from keras_transformer.saving.model_files import CONFIG_NAME, SHORTLIST_NAME, WEIGHTS_NAME
from keras_transformer.text.direction import Direction
from keras_transformer.text.sentences import splitter_package
from keras_transformer.text.tokenizers import FILE_NAMES
from keras_transformer.version import __version__

# Packages whose version can change a translation.
_PACKAGES = ("tensorflow", "tensorflow-text", "keras", "sentencepiece")
# Packages that write the outputs of files with these endings.
_WRITERS = {".parquet": "pyarrow", ".zst": "zstandard"}
# A line has one translation of any length.
_OTHER_SEARCH_FIELDS = ("n_best", "max_length")


class JobError(InputError):
    """An error that every shard would have, such as a missing model or a full disk. The job ends."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Job:
    """Settings of the translation of a corpus. Equal settings give equal outputs.

    Args:
        beam_size, length_penalty, sample, temperature, top_k, top_p, seed, no_repeat_ngram, min_length, shortlist: see
            `SearchSettings`.
        batch_size, split_sentences: see `Translator.translate`.
        glossary: path of a glossary, see `Glossary.load`. Default None.
        glossary_digest: SHA-256 of the glossary. Default: that of the file.
        source_language, target_language: see `Translator.load`.
        source_column: number (tab-separated text) or name (Parquet) of the column of the texts. Default None.
        target_column: name of the column of the translations in Parquet files.
        window: number of lines that are sorted by length into batches together.

    Raises:
        InputError: see `SearchSettings`.
    """

    beam_size: int = SearchSettings.beam_size
    length_penalty: float = SearchSettings.length_penalty
    sample: bool = SearchSettings.sample
    temperature: float = SearchSettings.temperature
    top_k: int | None = SearchSettings.top_k
    top_p: float | None = SearchSettings.top_p
    seed: int = SearchSettings.seed
    no_repeat_ngram: int | None = SearchSettings.no_repeat_ngram
    min_length: int = SearchSettings.min_length
    shortlist: bool = SearchSettings.shortlist
    batch_size: int = BATCH_SIZE
    split_sentences: bool = False
    glossary: str | None = None
    glossary_digest: str | None = None
    source_language: str | None = None
    target_language: str | None = None
    source_column: str | None = None
    target_column: str = "translation"
    window: int = 4096

    def __post_init__(self):
        object.__setattr__(self, "beam_size", self.search.beam_size)
        if self.glossary is not None and self.glossary_digest is None:
            object.__setattr__(self, "glossary_digest", file_digest(self.glossary))

    @property
    def search(self):
        """The `SearchSettings` of the job."""
        names = {field.name for field in dataclasses.fields(SearchSettings)}.difference(_OTHER_SEARCH_FIELDS)
        return SearchSettings(**{name: getattr(self, name) for name in names})

    def to_dict(self):
        """Returns the settings as a dictionary for JSON."""
        return dataclasses.asdict(self)


def model_folders(models):
    """Returns the model folder, or the list of folders of an ensemble, as a list of paths."""
    return list(map(pathlib.Path, [models] if isinstance(models, str | os.PathLike) else models))


def model_digest(models, shortlist=False):
    """Returns the SHA-256 of the config, the tokenizers and the weights of a model folder, or of several.

    Args:
        models: the folder, or a list of folders of an ensemble.
        shortlist: whether the shortlists count as well. Default False.

    Raises:
        JobError: a folder is missing or incomplete.
    """
    digest = hashlib.sha256()
    names = sorted({CONFIG_NAME, WEIGHTS_NAME, *FILE_NAMES, *([SHORTLIST_NAME] if shortlist else [])})
    try:
        for folder in model_folders(models):
            for name in names:
                if name in (CONFIG_NAME, WEIGHTS_NAME) or (folder / name).exists():
                    digest.update(f"{name} {file_digest(folder / name)}\n".encode())
    except OSError as error:
        raise JobError(f"{error.filename}: expected a file of the model folder ({error.strerror}).") from None
    return digest.hexdigest()


def further_packages(models, job, shards):
    """Returns the names of the installed packages that this job needs and others do not, for `versions`.

    Args:
        models: the model folder, or a list of folders of an ensemble.
        job: the `Job`.
        shards: list of `Shard`s.

    Raises:
        InputError: a model folder cannot be read.
    """
    endings = {pathlib.PurePath(shard.name).suffix for shard in shards}
    names = {name for ending, name in _WRITERS.items() if ending in endings}
    if job.split_sentences:
        files, *_ = read_ensemble_files(models, Direction(job.source_language, job.target_language))
        if files.texts.source_language is not None:
            names.add(splitter_package(files.texts.source_language))
    return sorted(name for name in names if importlib.util.find_spec(name))


def versions(further=()):
    """Returns the versions of the packages that translate, as a dictionary.

    Args:
        further: names of further packages. Default: none.

    Raises:
        JobError: a package is not installed.
    """
    found = {"keras_transformer": __version__, "python": platform.python_version()}
    try:
        return found | {name: importlib.metadata.version(name) for name in (*_PACKAGES, *further)}
    except importlib.metadata.PackageNotFoundError as error:
        raise JobError(f"{error.name} is not installed.") from None


def check_versions(expected):
    """Checks that this machine has the packages of the job.

    Args:
        expected: the result of `versions` on the machine that started the job.

    Raises:
        JobError: a package is missing, or its version differs.
    """
    for name, version in versions(expected.keys() - versions().keys()).items():
        if name != "python" and version != expected.get(name):
            raise JobError(
                f"{name} {version} is installed, but the machine that started the job has {expected.get(name)}."
            )
