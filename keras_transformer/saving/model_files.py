"""Reads the files of a model folder, except for the weights, without Keras and TensorFlow."""

import dataclasses
import pathlib
from typing import NamedTuple

from keras_transformer.data import check_text_files, checked_lines
from keras_transformer.errors import InputError, short_repr
from keras_transformer.files.opened_text import opened_text
from keras_transformer.files.small_files import MOST_BYTES, read_json
from keras_transformer.models.quantization_note import QuantizationNote
from keras_transformer.models.transformer_config import TransformerConfig
from keras_transformer.saving.weights_check import check_weights
from keras_transformer.text import TextFacts, Tokenizers
from keras_transformer.text.direction import check_main_languages
from keras_transformer.text.tokenizers import SHARED_NAME
from keras_transformer.version import __version__

FORMAT_VERSION = 1
CONFIG_NAME = "config.json"
WEIGHTS_NAME = "model.weights.h5"
VALIDATION_NAMES = ("validation.source.txt", "validation.target.txt")
SCORES_NAME = "scores.json"
SHORTLIST_NAME = "shortlist.npy"
TEST_NAMES = ("test.source.txt", "test.target.txt")


class ModelFiles(NamedTuple):
    """A checked model folder, without the numbers of its weights.

    Args:
        path: the folder.
        config: the `TransformerConfig`.
        note: the `QuantizationNote`.
        tokenizers: the `Tokenizers`.
        texts: the `TextFacts`.
    """

    path: pathlib.Path
    config: TransformerConfig
    note: QuantizationNote
    tokenizers: Tokenizers
    texts: TextFacts


def read_model_files(path, direction=None):
    """Reads and checks a model folder, except for the numbers of its weights.

    Args:
        path: the folder.
        direction: the `Direction`. Default: that of the folder.

    Returns:
        `ModelFiles`.

    Raises:
        InputError: the folder is missing, incomplete or of a newer version, its files do not match each other, or the
            model does not have a language.
    """
    path = pathlib.Path(path)
    config, note = load_config_and_note(path)
    tokenizers, texts = Tokenizers.load(path), load_texts(path)
    if direction is not None:
        known = texts
        config, texts = direction.applied(config, tokenizers, known)
        check_main_languages(config, known, texts)
    return ModelFiles(path, config, note, tokenizers, texts)


def load_scores(path):
    """Reads the scores of `save_scores`. Returns an empty dictionary if there are none.

    Raises:
        InputError: the file is damaged.
    """
    file = pathlib.Path(path) / SCORES_NAME
    return read_json(file) if file.exists() else {}


def validation_names(direction):
    """Returns the file names of the validation pairs of another direction than the default, `(source, target)` tags."""
    name = "-".join(language or "und" for language in direction)
    return tuple(f"validation.{name}.{side}.txt" for side in ("source", "target"))


def load_validation_pairs(path, direction=None):
    """Reads the validation pairs of the model folder, a list of `(source, target)`. It is empty without such files.

    Args:
        path: the folder.
        direction: the `Direction`. Default: that of the folder.

    Raises:
        InputError: the two files do not match each other, or the model does not have a language.
    """
    names, texts = VALIDATION_NAMES, load_texts(path)
    if direction is not None and texts.directions:
        _, chosen = direction.applied(load_config(path), Tokenizers.load(path), texts)
        languages = (chosen.source_language, chosen.target_language)
        if languages != (texts.source_language, texts.target_language):
            names = validation_names(languages)
    files = [pathlib.Path(path) / name for name in names]
    if not all(file.is_file() for file in files):
        return []
    for file in files:
        _check_length(file)
    check_text_files(*files)
    return list(zip(*map(checked_lines, files), strict=True))


def _check_length(path):
    """Raises an `InputError` if a text is long, also one that is compressed."""
    with opened_text(path) as file:
        if len(file.read(MOST_BYTES + 1)) > MOST_BYTES:
            raise InputError(f"{path}: expected a text of at most {MOST_BYTES // 2**20} MiB, but it is longer.")


def load_config(path):
    """Reads the `TransformerConfig` of a complete model folder.

    Raises:
        InputError: the folder is missing or incomplete, was written by a newer version, or has the weights or the
            tokenizers of another config.
    """
    return load_config_and_note(path)[0]


def load_config_and_note(path):
    """Reads the config and the `QuantizationNote`. A folder of an earlier version has no note."""
    path = pathlib.Path(path)
    if not path.is_dir():
        raise InputError(f"{path}: expected a model folder, but it does not exist.")
    _check_complete(path)
    try:
        fields = read_json(path / CONFIG_NAME)
        version = fields["format_version"]
        config_fields = dict(fields["model"])
        groups = fields.get("quantization")
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path / CONFIG_NAME}: expected the JSON of a model config; the file is damaged.") from None
    if version != FORMAT_VERSION:
        raise InputError(
            f"{path}: the model folder has format {short_repr(version)}, but this version ({__version__}) reads format "
            f"{FORMAT_VERSION}. Install the version of keras-transformer that wrote it, or a newer one."
        )
    try:
        config = TransformerConfig.from_dict(config_fields)
    except (ValueError, TypeError) as error:
        raise InputError(f"{path / CONFIG_NAME}: {error}") from None
    try:
        note = QuantizationNote.from_json(groups)
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{path / CONFIG_NAME}: `quantization`: {error}") from None
    # Checked before anything with the sizes of the config is allocated.
    check_weights(path / WEIGHTS_NAME, config, note)
    # SentencePiece takes minutes for a file of millions of tokens.
    sizes = Tokenizers.sizes_in(path)
    if sizes != (config.vocabulary_size, config.target_vocabulary_size):
        raise InputError(
            f"{path}: the config needs vocabularies of {config.vocabulary_size} and {config.target_vocabulary_size} "
            f"tokens, but the tokenizers have {sizes[0]} and {sizes[1]}. The folder has files of two models."
        )
    return config, note


def load_texts(path):
    """Reads the `TextFacts` of a model folder. Call `load_config` first to check the folder.

    Raises:
        InputError: the values in the config are not `TextFacts`.
    """
    file = pathlib.Path(path) / CONFIG_NAME
    fields = read_json(file)
    try:
        return TextFacts(**{field.name: fields.get(field.name) for field in dataclasses.fields(TextFacts)})
    except ValueError as error:
        raise InputError(f"{file}: {error}") from None


def _check_complete(path):
    missing = [name for name in (CONFIG_NAME, WEIGHTS_NAME) if not (path / name).is_file()]
    if not Tokenizers.is_saved_in(path):
        missing.append(SHARED_NAME)
    if missing:
        raise InputError(
            f"{path}: not a complete model folder, {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} "
            "missing. If its training was interrupted, continue with `keras-transformer train ... --resume`. If saving "
            "was interrupted, save the model again."
        )
