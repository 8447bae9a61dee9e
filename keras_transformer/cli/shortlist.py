import importlib
import pathlib

import click

from keras_transformer.cli.direction_options import read_files
from keras_transformer.cli.quiet_tensorflow import import_tensorflow_quietly
from keras_transformer.cli.standard_output import print_path
from keras_transformer.data import check_text_files
from keras_transformer.files.folder_lock import lock_of_training
from keras_transformer.generation.shortlist_limits import MOST_PAIRS, NUM_CANDIDATES, NUM_FREQUENT
from keras_transformer.saving.model_files import SHORTLIST_NAME


@click.command()
@click.argument("model", type=click.Path(path_type=pathlib.Path))
@click.option("--source", required=True, type=click.Path(), help="Source side of the training text.")
@click.option("--target", required=True, type=click.Path(), help="Target side of the training text, line by line.")
@click.option(
    "--candidates",
    type=click.IntRange(1, 1000),
    default=NUM_CANDIDATES,
    help="Number of target tokens of each source token.",
)
@click.option(
    "--frequent",
    type=click.IntRange(1),
    default=NUM_FREQUENT,
    help="Number of most frequent target tokens, which every translation can have.",
)
@click.option("--max-pairs", type=click.IntRange(1), default=MOST_PAIRS, help="Maximum number of pairs to read.")
def shortlist(model, source, target, candidates, frequent, max_pairs):
    """Learn the vocabulary shortlist of MODEL, a model folder, from its training text.

    The shortlist has the target tokens that are probable in the translation of each source token. It is written to the
    model folder. `translate --shortlist` and `export --format saved_model --shortlist` use it.
    """
    (files,) = read_files(model)
    check_text_files(source, target)
    if (files.config.source_prefix, files.config.target_prefix) != (None, None):
        click.echo(
            "keras-transformer: the model has several directions. The shortlist is for the directions of these pairs. "
            "Translate in the others without --shortlist.",
            err=True,
        )
    import_tensorflow_quietly()
    data, learning, saving = map(
        importlib.import_module,
        (
            "keras_transformer.data",
            "keras_transformer.generation.learn_shortlist",
            "keras_transformer.saving.shortlist_file",
        ),
    )
    pairs = data.text_of_pairs(data.text_pairs(source, target))
    with lock_of_training(model):
        learned = learning.learn_shortlist(pairs, files.tokenizers, candidates, frequent, max_pairs)
        saving.save_shortlist(model, learned)
    print_path(model / SHORTLIST_NAME)
