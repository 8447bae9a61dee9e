import contextlib
import functools
import itertools
import os

from keras_transformer.cli.lines import check_output, opened_output
from keras_transformer.errors import InputError
from keras_transformer.text.aligned_sentences import align_sentences
from keras_transformer.text.pharaoh import pharaoh

# The value of `--alignments` without a file: the links follow the translations.
AFTER_TRANSLATIONS = "-"


def check_alignments(path, output, *read):
    """Raises an `InputError` if the file of alignments cannot be written.

    Args:
        path: the file of the alignments, `AFTER_TRANSLATIONS`, or None for no alignments.
        output: the file of the translations, or None for standard output.
        *read: paths and open files that the command reads.
    """
    if not _is_written_to_file(path):
        return
    if output is not None and (path.resolve() == output.resolve() or _are_same_file(path, output)):
        raise InputError(f"{path}: --output and --alignments are the same file. Choose another one.")
    check_output(path, *read)


def _is_written_to_file(path):
    return path is not None and str(path) != AFTER_TRANSLATIONS


def _are_same_file(*paths):
    return all(path.exists() for path in paths) and os.path.samefile(*paths)


@contextlib.contextmanager
def opened_alignments(path, translator):
    """Yields a function that aligns lines with their translations.

    It writes a line per translation to the file of the alignments, and returns the ends of the lines of the output:
    with `AFTER_TRANSLATIONS` a tab and the links, otherwise nothing.

    Args:
        path: the file of the alignments, `AFTER_TRANSLATIONS`, or None for no alignments.
        translator: the `Translator`.

    Raises:
        InputError: the file cannot be written.
    """
    with opened_output(path) if _is_written_to_file(path) else contextlib.nullcontext() as write:

        def align(lines, translations, batch_size, sentence_pairs):
            """`translations` has a list of texts for each line. `sentence_pairs` can be None."""
            if path is None:
                return itertools.repeat("")
            links = _aligned(translator, lines, translations, batch_size, sentence_pairs)
            if write is None:
                return [f"\t{each}" for each in links]
            for each in links:
                write(each)
            return itertools.repeat("")

        yield align


def _aligned(translator, lines, translations, batch_size, sentence_pairs):
    """Returns the links of each translation in the Pharaoh format."""
    align = functools.partial(translator.align, batch_size=batch_size)
    if sentence_pairs is None:
        pairs = [(line, text) for line, found in zip(lines, translations, strict=True) for text in found]
        links = align(pairs)
    else:
        texts = [text for found in translations for text in found]
        is_one_token = translator.source_tokenizer.is_one_token
        links = align_sentences(align, lines, texts, sentence_pairs, is_one_token)
    return list(map(pharaoh, links))
