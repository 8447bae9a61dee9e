import pathlib

import click

from keras_transformer.cli.standard_output import print_path
from keras_transformer.export.staging import check_new_folder
from keras_transformer.importing import MarianFolder


@click.command("import")
@click.argument("folder", type=click.Path(path_type=pathlib.Path))
@click.option("--output", type=click.Path(path_type=pathlib.Path), required=True, help="Model folder, new or empty.")
@click.option("--from", type=click.Choice(["marian"]), default="marian", expose_value=False, help="Kind of FOLDER.")
def import_model(folder, output):
    """Convert FOLDER, a model of another toolkit, to a model folder.

    marian is a Hugging Face MarianMT folder, such as one of OPUS-MT. PyTorch and Transformers are not needed.
    """
    check_new_folder(output)
    MarianFolder(folder).save(output)
    print_path(output)
