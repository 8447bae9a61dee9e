from keras_transformer.models.ensemble import Ensemble
from keras_transformer.saving.ensemble_files import read_ensemble_files
from keras_transformer.saving.model_folder import load_model


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
    return models_of_files(read_ensemble_files(paths, direction))


def models_of_files(files):
    """Loads the models of a list of `ModelFiles`. The result is that of `load_models`."""
    models = [load_model(each) for each in files]
    heads = [each.texts.alignment_heads for each in files]
    return models[0] if len(models) == 1 else Ensemble(models, heads), files[0].tokenizers, files[0].texts
