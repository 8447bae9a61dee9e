import pathlib

import click

from keras_transformer.recipes import describe_keys, load_recipe
from keras_transformer.recipes.train_recipe import train_recipe


def _print_keys(context, parameter, value):
    if value:
        click.echo(describe_keys(), nl=False)
        context.exit()


@click.command(short_help="Train a model as a recipe says.")
@click.argument("recipe", type=click.Path(path_type=pathlib.Path))
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Set a key, such as training.epochs=5.")
@click.option("--output", type=click.Path(path_type=pathlib.Path), help="Model folder [default: models/RECIPE]")
@click.option("--resume", is_flag=True, help="Go on after the last whole epoch of an interrupted training.")
@click.option("--keys", is_flag=True, is_eager=True, expose_value=False, callback=_print_keys, help="List all keys.")
def train(recipe, overrides, output, resume):
    """Train a model as RECIPE, a TOML file, says, and write its model folder.

    --set may be given many times. --keys documents every key of a recipe.
    """
    output = output or pathlib.Path("models") / recipe.stem
    train_recipe(load_recipe(recipe, overrides), output, resume)
    click.echo(output)
