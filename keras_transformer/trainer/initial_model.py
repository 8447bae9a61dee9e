"""The trained model that a training starts from: `[training] init_from`."""

import dataclasses
import hashlib
import pathlib
from typing import NamedTuple

from keras_transformer.errors import InputError
from keras_transformer.files.folder_lock import CHECKPOINTS_NAME
from keras_transformer.files.small_files import read_json
from keras_transformer.files.whole_files import write_json, write_whole
from keras_transformer.importing import is_foreign_folder
from keras_transformer.models import TransformerConfig
from keras_transformer.saving.model_files import WEIGHTS_NAME, load_config_and_note, load_texts
from keras_transformer.text import TextFacts, Tokenizers
from keras_transformer.text.target_tags import has_tags

# A copy of the initial weights, and facts about their model, so that a training can be resumed without its folder.
INITIAL_WEIGHTS_NAME = "initial.weights.h5"
INITIAL_FACTS_NAME = "initial.json"
_CHUNK_BYTES = 1 << 20


class InitialModel(NamedTuple):
    """The model that a training starts from, without its weights.

    Args:
        config: its `TransformerConfig`.
        tokenizers: its `Tokenizers`.
        texts: its `TextFacts`.
    """

    config: TransformerConfig
    tokenizers: Tokenizers
    texts: TextFacts


class InitialFacts(NamedTuple):
    """Facts about the initial model for the finished model.

    Args:
        name: name of its folder.
        sha256: hash of its weights file.
        longest_source: number of tokens of the longest source that it was trained on, or None.
        directions: the directions of its training, see `TextFacts`. Default None.
        alignment_heads: its guided heads, see `TextFacts`. Default None.
    """

    name: str
    sha256: str
    longest_source: int | None
    directions: list | None = None
    alignment_heads: list | None = None


def read_initial_model(folder):
    """Reads and checks a model folder, without its weights.

    Args:
        folder: the value of `init_from`.

    Returns:
        An `InitialModel`.

    Raises:
        InputError: the folder is missing, is not a complete model folder, or its model is quantised.
    """
    folder = pathlib.Path(folder)
    try:
        if is_foreign_folder(folder):
            raise InputError(
                f"{folder}: expected a model folder, but this is a folder of another toolkit. Convert it: "
                f"keras-transformer import {folder} --output MODEL."
            )
        config, note = load_config_and_note(folder)
        if note.to_json(config):
            raise InputError(
                f"{folder}: the model is quantised and cannot be trained. Start from the model before it was quantised."
            )
        tokenizers, texts = Tokenizers.load(folder), load_texts(folder)
        if has_tags(tokenizers, texts):
            # In the training, the tags are in the text.
            config = dataclasses.replace(config, source_prefix=None)
        return InitialModel(config, tokenizers, texts)
    except InputError as error:
        raise InputError(f"[training] init_from: {error}") from None


def keep_initial_model(folder, output):
    """Copies the weights of the initial model to the checkpoints of a training, with facts about the model.

    Args:
        folder: the value of `init_from`.
        output: the model folder of the training.
    """
    folder, checkpoints = pathlib.Path(folder), output / CHECKPOINTS_NAME
    digest = hashlib.sha256()

    def copy(path):
        with (folder / WEIGHTS_NAME).open("rb") as source, path.open("wb") as target:
            while chunk := source.read(_CHUNK_BYTES):
                digest.update(chunk)
                target.write(chunk)

    write_whole(checkpoints / INITIAL_WEIGHTS_NAME, copy)
    texts = load_texts(folder)
    facts = InitialFacts(
        folder.resolve().name, digest.hexdigest(), texts.longest_source, texts.directions, texts.alignment_heads
    )
    write_json(checkpoints / INITIAL_FACTS_NAME, facts._asdict())


def initial_facts(output):
    """Returns the `InitialFacts` of a training, or None if it did not start from a model or if they are lost."""
    path = output / CHECKPOINTS_NAME / INITIAL_FACTS_NAME
    if not path.is_file():
        return None
    try:
        return InitialFacts(**read_json(path))
    except TypeError:
        raise InputError(f"{path}: the file is damaged.") from None


def initial_weights(folder, output, is_kept):
    """Returns the file with the weights of the initial model.

    Args:
        folder: the value of `init_from`.
        output: the model folder of the training.
        is_kept: whether the copy in the checkpoints of the training is read, instead of the folder.

    Returns:
        A `pathlib.Path`.

    Raises:
        InputError: the file is missing.
    """
    path = output / CHECKPOINTS_NAME / INITIAL_WEIGHTS_NAME if is_kept else pathlib.Path(folder) / WEIGHTS_NAME
    if not path.is_file():
        raise InputError(f"{path}: the initial weights of the training are missing. Start a new training.")
    return path
