from keras_transformer.recipes.bundled_recipes import bundled_recipes
from keras_transformer.recipes.describe_keys import describe_keys
from keras_transformer.recipes.recipe import Recipe
from keras_transformer.recipes.recipe_files import load_recipe, recipe_from_dict, save_recipe

__all__ = ["Recipe", "bundled_recipes", "describe_keys", "load_recipe", "recipe_from_dict", "save_recipe"]
