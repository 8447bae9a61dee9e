import click

from keras_transformer.cli.lines import print_result
from keras_transformer.recipes import bundled_recipes


@click.command()
def recipes():
    """List the bundled recipes: the name, which is an argument of `train`, and a description."""
    found = bundled_recipes()
    width = max(map(len, found))
    print_result("\n".join(f"{name:{width}}  {description}" for name, description in found.items()))
