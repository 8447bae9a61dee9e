"""Reads the model folders of an ensemble, except for the weights, without Keras and TensorFlow."""

import os

from keras_transformer.errors import InputError
from keras_transformer.saving.model_files import read_model_files
from keras_transformer.text.languages import main_language
from keras_transformer.text.vocabulary_comparison import have_same_vocabulary


def read_ensemble_files(paths, direction=None):
    """Reads and checks a model folder, or several of an ensemble, except for the numbers of their weights.

    Args:
        paths: the folder, or a list of folders.
        direction: the `Direction`. Default: that of each folder.

    Returns:
        A list of `ModelFiles`.

    Raises:
        InputError: a folder cannot be loaded, the vocabularies or the directions differ, or there is no folder.
    """
    paths = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    if not paths:
        raise InputError("An ensemble needs at least one model folder. Received: none.")
    files = []
    for path in paths:
        files.append(read_model_files(path, direction))
        check_vocabularies((paths[0], path), (files[0].tokenizers, files[-1].tokenizers))
        _check_direction(files[0], files[-1])
    return files


def smallest_config(files):
    """Returns the config with the smallest `max_length` of a list of `ModelFiles`."""
    return min((each.config for each in files), key=lambda config: config.max_length)


def check_vocabularies(paths, tokenizers):
    """Raises an `InputError` if two model folders have different vocabularies.

    Args:
        paths: the two folders.
        tokenizers: the `Tokenizers` of each.
    """
    first, second = tokenizers
    for side in ("source", "target"):
        if not have_same_vocabulary(getattr(first, side), getattr(second, side)):
            raise InputError(
                f"The models of an ensemble must have the same vocabulary. The {side} vocabularies of {paths[0]} and "
                f"{paths[1]} differ. Train the models with the vocabulary files of one of them."
            )


def _check_direction(*files):
    """Raises an `InputError` if two `ModelFiles` have other language tokens, or have none and other known languages."""
    directions = [(each.texts.source_language, each.texts.target_language) for each in files]
    prefixes = [(each.config.source_prefix, each.config.target_prefix) for each in files]
    is_same = prefixes[0] == prefixes[1] and (prefixes[0] != (None, None) or all(map(_may_be_same, *directions)))
    if is_same:
        return
    described = " and ".join(
        f"{each.path} from {source or 'an unknown language'} to {target or 'an unknown language'}"
        for each, (source, target) in zip(files, directions, strict=True)
    )
    advice = "Choose other models."
    if (None, None) not in prefixes:
        advice = "Set --target-language." if prefixes[0][1] is None else "Set --source-language and --target-language."
    raise InputError(f"The models of an ensemble must translate in the same direction. Received: {described}. {advice}")


def _may_be_same(first, second):
    return None in (first, second) or main_language(first) == main_language(second)
