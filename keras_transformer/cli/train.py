import pathlib

import click

from keras_transformer.recipes import load_recipe
from keras_transformer.recipes.train_recipe import train_recipe


@click.command()
@click.argument("recipe", type=click.Path(path_type=pathlib.Path))
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Set a key, such as training.epochs=5.")
@click.option("--output", type=click.Path(path_type=pathlib.Path), help="Model folder to write [default: models/RECIPE]")
@click.option("--resume", is_flag=True, help="Go on after the last whole epoch of an interrupted training.")
def train(recipe, overrides, output, resume):
    """Train a model as RECIPE (a TOML file) says, and write its model folder.

    training/recipes/README.md documents every key.
    """
    output = output or pathlib.Path("models") / recipe.stem
    train_recipe(load_recipe(recipe, overrides), output, resume)
    click.echo(output)
