import pathlib

import click

from keras_transformer.cli.lines import chunks_as_they_come, decoded_lines, opened_input, opened_output, progress
from keras_transformer.cli.search_options import search_options
from keras_transformer.errors import InputError
from keras_transformer.translator import Translator

# Batches that are sorted by length together.
_BATCHES_PER_CHUNK = 16


@click.command()
@click.argument("model", type=click.Path(path_type=pathlib.Path))
@click.option("--input", "source", type=click.Path(path_type=pathlib.Path), help="Text to translate [default: stdin]")
@click.option("--output", type=click.Path(path_type=pathlib.Path), help="Where translations go [default: stdout]")
@click.option("--n-best", type=click.IntRange(1), default=1, help="Translations of each line, best first.")
@click.option("--scores", is_flag=True, help="Put the score and a tab before each translation.")
@search_options
def translate(model, source, output, n_best, scores, beam_size, length_penalty, batch_size):
    """Translate text with MODEL (a model folder), line by line: one line in, one line out, in order.

    An empty line gives an empty line; with --n-best N every line gives N lines. Lines are translated as they come, in
    constant memory.
    """
    if n_best > beam_size:
        raise InputError(f"--n-best must be at most --beam-size. Received: {n_best} and {beam_size}.")
    with opened_input(source) as (file, name):
        translator = Translator.load(model)
        with opened_output(output) as write, progress(None if source is None else source.stat().st_size, "Translating") as bar:
            for chunk in chunks_as_they_come(decoded_lines(file, name), batch_size * _BATCHES_PER_CHUNK):
                found = translator.translate(chunk, beam_size, length_penalty, n_best, batch_size, return_scores=True)
                for texts, scores_of_line in zip(*found):
                    for text, score in [(texts, scores_of_line)] if n_best == 1 else zip(texts, scores_of_line):
                        write(f"{score:.4f}\t{text}" if scores else text)
                bar.update(sum(len(line.encode("utf-8")) + 1 for line in chunk))
