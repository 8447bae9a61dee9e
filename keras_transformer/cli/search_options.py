import click

from keras_transformer.generation.search_settings import MOST_PENALTY, SearchSettings


def _in_range(context, parameter, value):
    if not -MOST_PENALTY <= value <= MOST_PENALTY:
        raise click.BadParameter(f"{value} is not from -{MOST_PENALTY} to {MOST_PENALTY}.")
    return value


beam_size_option = click.option(
    "--beam-size",
    type=click.IntRange(1),
    default=SearchSettings.beam_size,
    help="Number of hypotheses. 1 is greedy search.",
)
length_penalty_option = click.option(
    "--length-penalty",
    type=float,
    default=SearchSettings.length_penalty,
    callback=_in_range,
    help=f"From -{MOST_PENALTY} to {MOST_PENALTY}. Higher values prefer longer translations.",
)
_batch_size_option = click.option(
    "--batch-size", type=click.IntRange(1), default=64, help="Sentences translated at a time."
)


def search_options(command):
    """Adds the options of beam search to a command."""
    for option in (_batch_size_option, length_penalty_option, beam_size_option):
        command = option(command)
    return command
