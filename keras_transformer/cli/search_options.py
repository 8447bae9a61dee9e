import math

import click


def _finite(context, parameter, value):
    if not math.isfinite(value):
        raise click.BadParameter(f"{value} is not a finite number.")
    return value


beam_size_option = click.option("--beam-size", type=click.IntRange(1), default=4, help="Hypotheses kept; 1 is greedy.")
length_penalty_option = click.option(
    "--length-penalty", type=float, default=0.6, callback=_finite, help="More prefers longer translations."
)
_batch_size_option = click.option(
    "--batch-size", type=click.IntRange(1), default=64, help="Sentences translated at a time."
)


def search_options(command):
    """The options of beam search, the same for every command that translates."""
    for option in (_batch_size_option, length_penalty_option, beam_size_option):
        command = option(command)
    return command
