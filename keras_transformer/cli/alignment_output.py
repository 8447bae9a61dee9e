import contextlib
import os

from keras_transformer.cli.lines import opened_output
from keras_transformer.errors import InputError
from keras_transformer.generation.pair_aligner import pharaoh


@contextlib.contextmanager
def opened_alignments(path, output, translator, source=None):
    """Yields a function that writes the alignments of lines and their translations, one line per translation.

    Args:
        path: the file of the alignments, or None for none.
        output: the file of the translations, or None for standard output.
        translator: the `Translator`.
        source: an open file that is read at the same time, or None.

    Raises:
        InputError: the file cannot be written, or is the input or the output.
    """
    if path is None:
        yield lambda lines, translations, batch_size: None
        return
    if translator.tokenizers.placeholders is not None:
        raise InputError("--alignments does not support a model with placeholders.")
    if output is not None and path.exists() and output.exists() and os.path.samefile(path, output):
        raise InputError(f"{path}: --output and --alignments are the same file. Choose another one.")
    with opened_output(path, source) as write:

        def write_alignments(lines, translations, batch_size):
            """`translations` has a text for each line, or a list of texts."""
            pairs = [
                (line, text)
                for line, found in zip(lines, translations, strict=True)
                for text in ([found] if isinstance(found, str) else found)
            ]
            for links in translator.align(pairs, batch_size=batch_size):
                write(pharaoh(links))

        yield write_alignments
