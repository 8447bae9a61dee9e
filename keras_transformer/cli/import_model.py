import pathlib

import click

from keras_transformer.cli.standard_output import print_path
from keras_transformer.export.staging import check_new_folder
from keras_transformer.importing import MarianFolder
from keras_transformer.processes.standard_error import standard_error_held_back


@click.command("import")
@click.argument("folder", type=click.Path(path_type=pathlib.Path))
@click.option("--output", type=click.Path(path_type=pathlib.Path), required=True, help="Model folder, new or empty.")
@click.option("--from", type=click.Choice(["marian"]), default="marian", expose_value=False, help="Kind of FOLDER.")
@click.option(
    "--normalize-punctuation",
    is_flag=True,
    help="Normalise punctuation of the source as Moses does for the training text of OPUS-MT.",
)
def import_model(folder, output, normalize_punctuation):
    """Convert FOLDER, a model of another toolkit, to a model folder.

    marian is a Hugging Face MarianMT folder, such as one of OPUS-MT. PyTorch and Transformers are not needed.
    """
    check_new_folder(output)
    with standard_error_held_back(shown_on_failure=False):  # Notes of SentencePiece about a model without rules.
        found = MarianFolder(folder, normalize_punctuation)
    found.save(output)
    print_path(output)
