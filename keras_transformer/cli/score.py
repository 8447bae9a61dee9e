import math
import pathlib

import click

from keras_transformer.cli.direction_options import direction_options, load_translator, read_files
from keras_transformer.cli.lines import read_parallel_lines
from keras_transformer.cli.progress import progress
from keras_transformer.cli.standard_output import check_standard_output, print_result
from keras_transformer.generation.search_settings import BATCH_SIZE

_LINES_PER_CHUNK = 1024
# Limit of a float.
_LARGEST_EXPONENT = 709.0


@click.command()
@click.argument("model", type=click.Path(path_type=pathlib.Path))
@click.option("--source", required=True, type=click.Path(path_type=pathlib.Path), help="Text, one sentence per line.")
@click.option(
    "--target", required=True, type=click.Path(path_type=pathlib.Path), help="Translation of the text, line by line."
)
@click.option("--perplexity", is_flag=True, help="Print only the perplexity of the whole translation.")
@click.option("--batch-size", type=click.IntRange(1), default=BATCH_SIZE, help="Pairs scored at a time.")
@direction_options
def score(model, source, target, perplexity, batch_size, source_language, target_language):
    """Print the log-probability of each line of a translation under MODEL, a model folder.

    Each line has three numbers, separated by tabs: the natural logarithm of the probability of the target line, given
    the source line; the number of tokens of the target, including the end token; and the logarithm per token. The
    perplexity is the exponential of the negative mean logarithm over all tokens of the translation. Longer lines than
    the model's max_length are cut, with a warning.
    """
    check_standard_output()
    sources, targets = read_parallel_lines(source, target)
    translator = load_translator(read_files(model, source_language, target_language))
    total, total_tokens = 0.0, 0
    with progress(len(sources), "Scoring") as bar:
        for start in range(0, len(sources), _LINES_PER_CHUNK):
            chunk = slice(start, start + _LINES_PER_CHUNK)
            pairs = list(zip(sources[chunk], targets[chunk], strict=True))
            scored = translator.score(pairs, batch_size, return_tokens=True, progress=bar.update)
            for value, tokens in zip(*scored, strict=True):
                total, total_tokens = total + value, total_tokens + tokens
                if not perplexity:
                    print_result(f"{value:.4f}\t{tokens}\t{value / tokens:.4f}")
    if perplexity:
        mean_loss = -total / total_tokens
        print_result(f"{math.exp(mean_loss):.4f}" if mean_loss < _LARGEST_EXPONENT else "inf")
