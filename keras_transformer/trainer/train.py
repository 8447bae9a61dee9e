import os
from typing import TYPE_CHECKING

from keras_transformer.recipes import Recipe, load_recipe
from keras_transformer.trainer.train_recipe import train_recipe

if TYPE_CHECKING:
    from keras_transformer.translator import Translator


def train(recipe: Recipe | str | os.PathLike, output: str | os.PathLike, resume: bool = False) -> "Translator":
    """Trains a model by a recipe and writes its model folder, like the command `train`.

    Args:
        recipe: a `Recipe`, the path of its TOML file, or the name of a bundled recipe, such as "phrases".
        output: the model folder to write. It must not have a model yet, unless `resume` is True.
        resume: whether to continue an interrupted training. Default False.

    Returns:
        The `Translator` with the trained weights, or None with Keras on JAX, because it cannot translate.

    Raises:
        InputError: the recipe does not exist, one of its inputs cannot be used (raised before any work starts), or the
            loss is not finite.

    Example:

    >>> translator = kt.train("my.toml", "models/mine")  # Or the name of a bundled recipe.
    >>> translator.translate(["나는 어제 카페에 갔다."])
    """
    return train_recipe(recipe if isinstance(recipe, Recipe) else load_recipe(recipe), output, resume)
