"""Recipes: TOML files that describe a training run."""

import lazy_loader

from keras_transformer.recipes.bundled_recipes import bundled_recipes

# The others need Keras.
__getattr__, _, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "describe_keys": ["describe_keys"],
        "recipe": ["Recipe"],
        "recipe_files": ["load_recipe", "recipe_from_dict", "save_recipe"],
    },
)
__all__ = ["Recipe", "bundled_recipes", "describe_keys", "load_recipe", "recipe_from_dict", "save_recipe"]


def __dir__():
    return __all__
