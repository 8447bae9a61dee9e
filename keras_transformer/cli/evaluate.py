import json
import pathlib
import time

import click

from keras_transformer.cli.lines import check_standard_output, print_result, progress, read_parallel_lines
from keras_transformer.cli.search_options import search_options
from keras_transformer.evaluation import TOKENIZERS, corpus_scores
from keras_transformer.translator import Translator

_LINES_PER_CHUNK = 1024


@click.command(short_help="Measure BLEU and chrF on a test set.")
@click.argument("model", type=click.Path(path_type=pathlib.Path))
@click.option("--source", required=True, type=click.Path(path_type=pathlib.Path), help="Text, one sentence a line.")
@click.option("--reference", required=True, type=click.Path(path_type=pathlib.Path), help="Its reference translation.")
@click.option("--tokenize", type=click.Choice(TOKENIZERS), default="13a", help="sacreBLEU's tokenization.")
@click.option("--lowercase", is_flag=True, help="Compare without regard to case.")
@search_options
def evaluate(model, source, reference, tokenize, lowercase, beam_size, length_penalty, batch_size):
    """Translate a text with MODEL, a model folder, and print BLEU and chrF against a reference, as JSON.

    Where the reference is tokenised already, as in Multi30k's task1/tok, give --tokenize none.
    """
    check_standard_output()
    sources, references = read_parallel_lines(source, reference)
    translator = Translator.load(model)
    translations = []
    started = time.perf_counter()
    with progress(len(sources), "Translating") as bar:
        for start in range(0, len(sources), _LINES_PER_CHUNK):
            chunk = sources[start : start + _LINES_PER_CHUNK]
            translations += translator.translate(chunk, beam_size, length_penalty, batch_size=batch_size)
            bar.update(len(chunk))
    seconds = time.perf_counter() - started
    scores = corpus_scores(translations, references, tokenize, lowercase)
    print_result(json.dumps({**scores, "sentences": len(sources), "seconds": round(seconds, 3)}))
