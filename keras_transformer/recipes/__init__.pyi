from .bundled_recipes import bundled_recipes
from .describe_keys import describe_keys
from .recipe import Recipe
from .recipe_files import load_recipe, recipe_from_dict, save_recipe

__all__ = ["Recipe", "bundled_recipes", "describe_keys", "load_recipe", "recipe_from_dict", "save_recipe"]
