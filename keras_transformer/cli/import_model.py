import pathlib

import click

from keras_transformer.cli.direction_options import checked_code
from keras_transformer.cli.opennmt_tf_options import opennmt_tf_options
from keras_transformer.cli.standard_output import print_path
from keras_transformer.errors import InputError
from keras_transformer.export.staging import check_new_folder
from keras_transformer.files.folder_lock import lock_of_training
from keras_transformer.importing import FOLDER_KINDS, M2M100Folder, MarianFolder, OpenNMTTFFolder, kind_of
from keras_transformer.processes.standard_error import standard_error_held_back
from keras_transformer.text.direction import Direction


@click.command("import")
@click.argument("folder", type=click.Path(path_type=pathlib.Path))
@click.option("--output", type=click.Path(path_type=pathlib.Path), required=True, help="Model folder, new or empty.")
@click.option("--from", "kind", type=click.Choice(list(FOLDER_KINDS)), help="Kind of FOLDER [default: by its files]")
@click.option(
    "--normalize-punctuation",
    is_flag=True,
    help="marian: normalise punctuation of the source as Moses does for the training text of OPUS-MT.",
)
@click.option(
    "--source-language",
    callback=checked_code,
    help="m2m100: language of the text, a code of the model such as eng_Latn, or a tag such as en "
    "[default: src_lang of tokenizer_config.json]. opennmt-tf: its tag",
)
@click.option(
    "--target-language", callback=checked_code, help="m2m100: language of the translation [default: tgt_lang]"
)
@opennmt_tf_options
def import_model(folder, output, kind, normalize_punctuation, source_language, target_language, **options):
    """Convert FOLDER, a model of another toolkit, to a model folder.

    marian is a Hugging Face MarianMT folder, such as one of OPUS-MT. m2m100 is one of M2M100 or NLLB. The languages of
    `translate` and `export` replace those of the import. opennmt-tf is the folder of a run of OpenNMT-tf 2, or a
    checkpoint in it, such as run/ckpt-5000. The other toolkits are not needed.
    """
    check_new_folder(output)
    direction = Direction(source_language, target_language)
    kind = kind or kind_of(folder)
    if kind != "marian" and normalize_punctuation:
        raise InputError(f"--normalize-punctuation needs --from marian. Received: a folder of {kind}.")
    if kind == "marian" and direction != Direction():
        raise InputError("--source-language and --target-language need --from m2m100. Received: a folder of marian.")
    given = [name for name, value in options.items() if value is not None]
    if kind != "opennmt-tf" and given:
        raise InputError(f"--{given[0].replace('_', '-')} needs --from opennmt-tf. Received: a folder of {kind}.")
    with standard_error_held_back(shown_on_failure=False):  # Notes of SentencePiece about a model without rules.
        if kind == "opennmt-tf":
            found = OpenNMTTFFolder(folder, **options, direction=direction)
        elif kind == "m2m100":
            found = M2M100Folder(folder, direction)
        else:
            found = MarianFolder(folder, normalize_punctuation)
    with lock_of_training(output):
        # A training can have finished there meanwhile.
        check_new_folder(output)
        found.save(output)
    print_path(output)
