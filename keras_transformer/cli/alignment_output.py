import contextlib
import functools
import os

from keras_transformer.cli.lines import check_output, opened_output
from keras_transformer.errors import InputError
from keras_transformer.text.aligned_sentences import align_sentences
from keras_transformer.text.pharaoh import pharaoh


def check_alignments(path, output, *read):
    """Raises an `InputError` if the file of alignments cannot be written.

    Args:
        path: the file of the alignments, or None for none.
        output: the file of the translations, or None for standard output.
        *read: paths and open files that the command reads.
    """
    if path is None:
        return
    if output is not None and (path.resolve() == output.resolve() or _are_same_file(path, output)):
        raise InputError(f"{path}: --output and --alignments are the same file. Choose another one.")
    check_output(path, *read)


def _are_same_file(*paths):
    return all(path.exists() for path in paths) and os.path.samefile(*paths)


@contextlib.contextmanager
def opened_alignments(path, translator):
    """Yields a function that writes the alignments of lines and their translations, one line per translation.

    Args:
        path: the file of the alignments, or None for none.
        translator: the `Translator`.

    Raises:
        InputError: the file cannot be written.
    """
    if path is None:
        yield lambda lines, translations, batch_size, sentence_pairs: None
        return
    with opened_output(path) as write:

        def write_alignments(lines, translations, batch_size, sentence_pairs):
            """`translations` has a text for each line, or a list of texts. `sentence_pairs` can be None."""
            align = functools.partial(translator.align, batch_size=batch_size)
            if sentence_pairs is not None:
                is_one_token = translator.source_tokenizer.is_one_token
                for links in align_sentences(align, lines, translations, sentence_pairs, is_one_token):
                    write(pharaoh(links))
                return
            pairs = [
                (line, text)
                for line, found in zip(lines, translations, strict=True)
                for text in ([found] if isinstance(found, str) else found)
            ]
            for links in align(pairs):
                write(pharaoh(links))

        yield write_alignments
