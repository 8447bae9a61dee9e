import math

import click

from keras_transformer.generation.search_settings import SearchSettings


def _finite(context, parameter, value):
    if not math.isfinite(value):
        raise click.BadParameter(f"{value} is not a finite number.")
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
    callback=_finite,
    help="Higher values prefer longer translations.",
)
_batch_size_option = click.option(
    "--batch-size", type=click.IntRange(1), default=64, help="Sentences translated at a time."
)


def search_options(command):
    """Adds the options of beam search to a command."""
    for option in (_batch_size_option, length_penalty_option, beam_size_option):
        command = option(command)
    return command
