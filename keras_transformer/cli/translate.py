import itertools
import pathlib
import sys

import click

from keras_transformer.cli.alignment_output import AFTER_TRANSLATIONS, check_alignments, opened_alignments
from keras_transformer.cli.direction_options import direction_options, load_translator, read_files
from keras_transformer.cli.lines import check_output, chunks_as_they_come, first_read, opened_output
from keras_transformer.cli.long_paragraphs import LongParagraphs
from keras_transformer.cli.prefix_lines import opened_with_prefixes
from keras_transformer.cli.progress import progress
from keras_transformer.cli.search_checks import check_search
from keras_transformer.cli.search_options import rule_options, search_options, search_settings
from keras_transformer.data import decoded_lines, plain_size
from keras_transformer.errors import InputError
from keras_transformer.text.glossary import Glossary
from keras_transformer.text.placeholder_counts import PlaceholderCounts

# Number of batches that are sorted by length together.
_BATCHES_PER_CHUNK = 16


@click.command()
@click.argument("models", metavar="MODEL [MODEL]...", nargs=-1, required=True, type=click.Path(path_type=pathlib.Path))
@click.option("--input", "source", type=click.Path(path_type=pathlib.Path), help="Text to translate [default: stdin]")
@click.option("--output", type=click.Path(path_type=pathlib.Path), help="File of the translations [default: stdout]")
@click.option("--n-best", type=click.IntRange(1), default=1, help="Number of translations per line, best first.")
@click.option("--scores", is_flag=True, help="Put the score and a tab before each translation.")
@click.option("--split-sentences", is_flag=True, help="Translate each line sentence by sentence.")
@click.option(
    "--prefix",
    type=click.Path(path_type=pathlib.Path),
    help="File with the beginning of each translation, one per line. An empty line forces nothing.",
)
@click.option(
    "--glossary",
    type=click.Path(path_type=pathlib.Path),
    help="Tab-separated terms and their required translations. The model needs symbols for terms.",
)
@click.option(
    "--alignments",
    type=click.Path(path_type=pathlib.Path),
    metavar="[FILE]",
    is_flag=False,
    flag_value=AFTER_TRANSLATIONS,
    help="File of the word alignments of each translation in the Pharaoh format, such as 0-0 2-1. Without FILE, they "
    "follow the translation and a tab.",
)
@direction_options
@rule_options
@search_options
def translate(
    models,
    source,
    output,
    scores,
    split_sentences,
    prefix,
    glossary,
    alignments,
    source_language,
    target_language,
    batch_size,
    **search,
):
    """Translate text with MODEL, a model folder, line by line: one line in, one line out, in order.

    Several models with the same vocabulary are an ensemble: the mean of their probabilities selects each token.

    An empty line gives an empty line. With --n-best N, every line gives N lines, and an empty line gives N empty lines.
    With --scores, empty lines have the score 0.0000. Lines are translated when they arrive, in constant memory, for
    files of any size and for interactive input. Compressed files are decompressed, but standard input is not. Use
    --input FILE.gz, or zcat FILE.gz | keras-transformer translate MODEL.

    With --split-sentences, a line can be a paragraph. Its sentences are translated separately and joined by a space, or
    without a space in Chinese and Japanese. The score of the line is the sum of the scores.

    With --sample, the translation of a line depends on the line and --seed alone. --n-best is the number of samples.

    With --glossary, terms of the text get the translations of the file. A model with placeholders also keeps URLs and
    so on unchanged. A part that the model drops is appended to the line, and counted on standard error.

    With --alignments FILE, the line of FILE for each translation has links between words of the line and of the
    translation, counted from 0. An empty line has none. Without FILE, the links follow the translation and a tab. The
    option then is after the models.
    """
    settings = search_settings(**search)
    _check_options(split_sentences, prefix, **search)
    terms = glossary and Glossary.load(glossary)
    with opened_with_prefixes(source, prefix) as (file, name, next_prefixes, check_prefixes):
        # Standard input itself, because `file` can be a copy of it.
        read = [source or sys.stdin, *filter(None, (prefix, glossary))]
        check_output(output, *read)
        check_alignments(alignments, output, *read)
        files = read_files(models, source_language, target_language)
        check_search(files, settings, split_sentences, terms)
        lines = first_read(decoded_lines(file, name)) if source else decoded_lines(file, name)
        translator = load_translator(files, threads=1)
        check_prefixes(translator, settings.of_model(translator.config).max_length, terms)
        size = None if source is None else plain_size(file)
        long_paragraphs, counts = LongParagraphs(translator), PlaceholderCounts()
        most = batch_size * _BATCHES_PER_CHUNK
        with (
            opened_output(output, *read) as write,
            opened_alignments(alignments, translator) as align,
            progress(size, "Translating") as bar,
        ):
            for chunk in chunks_as_they_come(lines, most):
                # In bytes if the size of the file is known.
                each = 1 if size is None else sum(len(line.encode("utf-8")) + 1 for line in chunk) / len(chunk)
                sentence_pairs = [] if split_sentences else None
                found = translator.translate(
                    chunk,
                    batch_size=batch_size,
                    settings=settings,
                    prefixes=next_prefixes(len(chunk)),
                    split_sentences=split_sentences,
                    return_scores=True,
                    glossary=terms,
                    counts=counts,
                    sentence_pairs=sentence_pairs,
                    progress=lambda count, each=each: bar.update(count * each),
                )
                best, best_scores = found if search["n_best"] > 1 else [[[each] for each in part] for part in found]
                ends = align(chunk, best, batch_size, sentence_pairs)
                _write(best, best_scores if scores else None, ends, write)
                if not split_sentences:
                    long_paragraphs.add(chunk)
        long_paragraphs.warn()
        if counts.dropped or counts.extra:
            click.echo(f"keras-transformer: {counts}.", err=True)


def _check_options(split_sentences, prefix, n_best, **others):
    if split_sentences and prefix is not None:
        raise InputError(
            "--prefix excludes --split-sentences, because prefixes are of whole lines. Remove one of them."
        )
    if split_sentences and n_best > 1:
        raise InputError(f"--n-best must be 1 with --split-sentences. Received: {n_best}.")


def _write(best, scores, ends, write):
    """Writes the texts of each line, with scores if they are not None, and the ends of the written lines."""
    texts = itertools.chain.from_iterable(best)
    begins = itertools.repeat("") if scores is None else (f"{score:.4f}\t" for each in scores for score in each)
    for begin, text, end in zip(begins, texts, ends):
        write(f"{begin}{text}{end}")
