import pathlib

import click

from keras_transformer.cli.lines import chunks_as_they_come, opened_input, opened_output
from keras_transformer.cli.progress import progress
from keras_transformer.cli.search_options import search_options
from keras_transformer.data import decoded_lines, plain_size
from keras_transformer.errors import InputError
from keras_transformer.translator import Translator

# Batches that are sorted by length together.
_BATCHES_PER_CHUNK = 16


@click.command(short_help="Translate text, line by line.")
@click.argument("model", type=click.Path(path_type=pathlib.Path))
@click.option("--input", "source", type=click.Path(path_type=pathlib.Path), help="Text to translate [default: stdin]")
@click.option("--output", type=click.Path(path_type=pathlib.Path), help="Where translations go [default: stdout]")
@click.option("--n-best", type=click.IntRange(1), default=1, help="Translations of each line, best first.")
@click.option("--scores", is_flag=True, help="Put the score and a tab before each translation.")
@search_options
def translate(model, source, output, n_best, scores, beam_size, length_penalty, batch_size):
    """Translate text with MODEL, a model folder, line by line: one line in, one line out, in order.

    An empty line gives an empty line; with --n-best N every line gives N lines, an empty one N empty lines, and with
    --scores each of these has the score 0.0000 before its tab. Lines are translated as they come, in constant memory,
    so that files of any size and conversations both work.
    """
    if n_best > beam_size:
        raise InputError(f"--n-best must be at most --beam-size. Received: {n_best} and {beam_size}.")
    with opened_input(source) as (file, name):
        translator = Translator.load(model)
        size = None if source is None else plain_size(file)
        with opened_output(output, file) as write, progress(size, "Translating") as bar:
            for chunk in chunks_as_they_come(decoded_lines(file, name), batch_size * _BATCHES_PER_CHUNK):
                # By bytes where the size of the file is known.
                each = 1 if size is None else sum(len(line.encode("utf-8")) + 1 for line in chunk) / len(chunk)
                found = translator.translate(
                    chunk,
                    beam_size,
                    length_penalty,
                    n_best,
                    batch_size,
                    return_scores=True,
                    progress=lambda count, each=each: bar.update(count * each),
                )
                for best_texts, best_scores in zip(*found, strict=True):
                    best = [(best_texts, best_scores)] if n_best == 1 else zip(best_texts, best_scores, strict=True)
                    for text, score in best:
                        write(f"{score:.4f}\t{text}" if scores else text)
