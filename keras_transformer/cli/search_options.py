import click

from keras_transformer.errors import InputError
from keras_transformer.generation.search_settings import (
    BATCH_SIZE,
    HIGHEST_TEMPERATURE,
    LOWEST_TEMPERATURE,
    MOST_PENALTY,
    SearchSettings,
)


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
    "--batch-size", type=click.IntRange(1), default=BATCH_SIZE, help="Sentences translated at a time."
)
_RULE_OPTIONS = (
    click.option("--sample", is_flag=True, help="Draw each token at random, without a beam."),
    click.option(
        "--temperature",
        type=click.FloatRange(LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE),
        default=SearchSettings.temperature,
        help="--sample: divisor of the logits. Below 1, probable tokens are drawn more often.",
    ),
    click.option("--top-k", type=click.IntRange(1), help="--sample: draw from the K most probable tokens only."),
    click.option(
        "--top-p",
        type=click.FloatRange(0, 1, min_open=True),
        help="--sample: draw from the most probable tokens whose probabilities sum to P.",
    ),
    click.option(
        "--seed",
        type=click.IntRange(0),
        default=SearchSettings.seed,
        help="--sample: the same text and seed give the same translation.",
    ),
    click.option(
        "--no-repeat-ngram", type=click.IntRange(1), help="Length of n-grams of tokens that must not occur twice."
    ),
    click.option(
        "--min-length",
        type=click.IntRange(0),
        default=SearchSettings.min_length,
        help="Minimum length of a translation in tokens.",
    ),
    click.option("--shortlist", is_flag=True, help="Translate with the model's shortlist of target tokens only."),
)
# Names of the options that only `--sample` uses.
_SAMPLING_NAMES = ("temperature", "top_k", "top_p", "seed")
SETTING_NAMES = (
    "beam_size",
    "length_penalty",
    "sample",
    *_SAMPLING_NAMES,
    "no_repeat_ngram",
    "min_length",
    "shortlist",
)


def rule_options(command):
    """Adds the options of sampling and of excluded tokens to a command, for `search_settings`."""
    for option in reversed(_RULE_OPTIONS):
        command = option(command)
    return command


def is_given(name):
    """Returns whether an option of the current command is given on the command line."""
    return click.get_current_context().get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


def search_settings(**options):
    """Returns the `SearchSettings` of the options of a command.

    Args:
        **options: `n_best`, the options of `rule_options`, `beam_size_option` and `length_penalty_option`, and fields
            of `SearchSettings`.

    Raises:
        InputError: two options exclude each other.
    """
    if options["sample"]:
        if is_given("beam_size") and options["beam_size"] > 1:
            raise InputError(
                "--sample draws each token, without a beam. Remove --beam-size. --n-best is the number of samples. "
                f"Received: --sample and --beam-size {options['beam_size']}."
            )
        options["beam_size"] = 1
    else:
        for name in filter(is_given, _SAMPLING_NAMES):
            raise InputError(f"--{name.replace('_', '-')} needs --sample.")
        if options["n_best"] is not None and options["n_best"] > options["beam_size"]:
            raise InputError(
                f"--n-best must be at most --beam-size. Received: {options['n_best']} and {options['beam_size']}."
            )
    return SearchSettings(**options)


def search_options(command):
    """Adds the options of beam search to a command."""
    for option in (_batch_size_option, length_penalty_option, beam_size_option):
        command = option(command)
    return command
