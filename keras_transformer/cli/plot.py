import pathlib

import click

from keras_transformer import plots
from keras_transformer.callbacks.history_rows import HISTORY_NAME, read_history
from keras_transformer.cli.direction_options import direction_options, load_translator, read_files
from keras_transformer.cli.standard_output import print_path
from keras_transformer.cli.utf8_text import Utf8Text
from keras_transformer.errors import InputError
from keras_transformer.files.whole_files import remove_leftovers, write_whole
from keras_transformer.saving.model_files import load_config

_ENDINGS = (".png", ".svg", ".pdf")
_DOTS_PER_INCH = 120


@click.command()
@click.argument("model", type=click.Path(path_type=pathlib.Path))
@click.option(
    "--attention", type=Utf8Text(), metavar="SENTENCE", help="Plot the attention of each token of its translation."
)
@click.option("--training", is_flag=True, help="Plot loss, perplexity, BLEU and learning rate by epoch.")
@click.option("--positions", is_flag=True, help="Plot the position encodings.")
@direction_options
@click.option(
    "--output", type=click.Path(path_type=pathlib.Path), help="Picture file [default: such as MODEL-attention.png]"
)
def plot(model, attention, training, positions, output, source_language, target_language):
    """Plot exactly one of --attention, --training and --positions of MODEL, a model folder."""
    choices = {"attention": attention is not None, "training": training, "positions": positions}
    wanted = [name for name, given in choices.items() if given]
    if len(wanted) != 1:
        raise InputError("Expected exactly one of --attention SENTENCE, --training and --positions.")
    if attention is None and (source_language or target_language):
        raise InputError("--source-language and --target-language need --attention SENTENCE.")
    output = output or pathlib.Path(f"{model.resolve().name}-{wanted[0]}.png")
    if output.suffix.lower() not in _ENDINGS:
        raise InputError(f"{output}: expected a file name with one of the endings {', '.join(_ENDINGS)}.")
    if output.is_dir():
        raise InputError(f"{output}: expected a file to write, but it is a folder.")
    for folder in output.parents:
        if folder.is_file():
            raise InputError(f"{output}: {folder} is a file, not a folder.")
    plots.check_plots()
    if attention is not None:
        (files,) = read_files(model, source_language, target_language)
        if not files.tokenizers.source.count_tokens(attention):
            raise InputError(f"Expected a sentence with at least one word. Received: {attention!r}.")
        translator = load_translator([files])
        figure = plots.plot_attention(translator, attention)
    elif training:
        figure = plots.plot_training(read_history(model / HISTORY_NAME))
    else:
        config = load_config(model)
        figure = plots.plot_positions(
            config.max_length, config.hidden_dim, config.first_position, config.position_frequencies
        )
    remove_leftovers(output.parent)
    write_whole(output, lambda file: figure.savefig(file, dpi=_DOTS_PER_INCH))
    print_path(output)
