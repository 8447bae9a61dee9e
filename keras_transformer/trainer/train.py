from keras_transformer.recipes import Recipe, load_recipe
from keras_transformer.trainer.train_recipe import train_recipe


def train(recipe, output, resume=False):
    """Trains a model as a recipe says and writes its model folder, as the command `train` does.

    Args:
        recipe: a `Recipe`, the path of its TOML file, or the name of a bundled recipe, such as "phrases".
        output: the model folder to write; it must not hold a model yet, unless `resume`.
        resume: whether to go on where a training was interrupted. Default False.

    Returns:
        The `Translator` with the trained weights; None with Keras on JAX, where nothing translates.

    Raises:
        InputError: there is no such recipe, something it names cannot be used (before any work starts), or the loss is
            not finite.

    Example:

    >>> import keras_transformer as kt
    >>> translator = kt.train("phrases", "models/phrases")
    >>> translator.translate(["나는 어제 카페에 갔다."])
    ["I went to the cafe yesterday."]
    """
    return train_recipe(recipe if isinstance(recipe, Recipe) else load_recipe(recipe), output, resume)
