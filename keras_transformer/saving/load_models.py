import os
import pathlib

from keras_transformer.errors import InputError
from keras_transformer.models.ensemble import Ensemble, config_of
from keras_transformer.saving.model_folder import load_model_folder, load_texts
from keras_transformer.text.tokenizers import Tokenizers
from keras_transformer.text.vocabulary_comparison import have_same_vocabulary


def load_models(paths, direction):
    """Loads a model folder, or several as an ensemble.

    Args:
        paths: the folder, or a list of folders.
        direction: the `Direction`.

    Returns:
        The Keras model or the `Ensemble`, the `Tokenizers` and the `TextFacts`. Those of an ensemble are of the first
        folder.

    Raises:
        InputError: a folder cannot be loaded, the vocabularies differ, or there is no folder.
    """
    paths = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    if not paths:
        raise InputError("An ensemble needs at least one model folder. Received: none.")
    models, all_tokenizers = [], []
    for path in map(pathlib.Path, paths):
        model, *tokenizers = load_model_folder(path, direction)
        models.append(model)
        all_tokenizers.append(Tokenizers(*tokenizers))
        check_vocabularies((paths[0], path), (all_tokenizers[0], all_tokenizers[-1]))
    texts = direction.applied(config_of(models[0]), all_tokenizers[0], load_texts(paths[0]))[1]
    return models[0] if len(models) == 1 else Ensemble(models), all_tokenizers[0], texts


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
