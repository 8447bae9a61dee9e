"""Recipes: TOML files that describe a training run. The public names are in `__init__.pyi`."""

import lazy_loader

# Imported here, because its module has its name. The others need pydantic, which takes longer to import.
from keras_transformer.recipes.bundled_recipes import bundled_recipes as bundled_recipes

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
