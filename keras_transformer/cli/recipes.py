import click

from keras_transformer.cli.standard_output import check_standard_output, print_result
from keras_transformer.recipes import bundled_recipes


@click.command()
def recipes():
    """List the bundled recipes: the name, which is an argument of `train`, and a description."""
    check_standard_output()
    found = bundled_recipes()
    width = max(map(len, found))
    print_result("\n".join(f"{name:{width}}  {description}" for name, description in found.items()))
