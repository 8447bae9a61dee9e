import pathlib

import click

from keras_transformer.cli.lines import check_standard_output, print_result, progress, read_parallel_lines
from keras_transformer.translator import Translator

_LINES_PER_CHUNK = 1024


@click.command(short_help="Score given translations.")
@click.argument("model", type=click.Path(path_type=pathlib.Path))
@click.option("--source", required=True, type=click.Path(path_type=pathlib.Path), help="Text, one sentence a line.")
@click.option("--target", required=True, type=click.Path(path_type=pathlib.Path), help="Its translation, line by line.")
@click.option("--batch-size", type=click.IntRange(1), default=64, help="Pairs scored at a time.")
def score(model, source, target, batch_size):
    """Print the log-probability that MODEL, a model folder, gives each line of a translation.

    One number a line: the natural logarithm of the probability of the whole target line, given the source line.
    """
    check_standard_output()
    sources, targets = read_parallel_lines(source, target)
    translator = Translator.load(model)
    with progress(len(sources), "Scoring") as bar:
        for start in range(0, len(sources), _LINES_PER_CHUNK):
            end = min(start + _LINES_PER_CHUNK, len(sources))
            for value in translator.score(list(zip(sources[start:end], targets[start:end], strict=True)), batch_size):
                print_result(f"{value:.4f}")
            bar.update(end - start)
