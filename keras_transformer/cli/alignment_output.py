import contextlib
import os

from keras_transformer.cli.lines import check_output, opened_output
from keras_transformer.errors import InputError
from keras_transformer.text.pharaoh import pharaoh


def check_alignment_options(path, models, split_sentences):
    """Raises an `InputError` if `--alignments` does not support other options.

    Args:
        path: the file of the alignments, or None for none.
        models: the model folders.
        split_sentences: the value of `--split-sentences`.
    """
    if path is not None and split_sentences:
        raise InputError(
            "--alignments excludes --split-sentences, because links are of whole lines. Remove one of them."
        )
    if path is not None and len(models) > 1:
        raise InputError(f"--alignments needs one model. Received: {len(models)} models.")


def check_alignments(path, output, files, source=None):
    """Raises an `InputError` if the file of alignments cannot be written, or the model cannot align.

    Args:
        path: the file of the alignments, or None for none.
        output: the file of the translations, or None for standard output.
        files: the list of the `ModelFiles`.
        source: an open file that is read at the same time, or None.
    """
    if path is None:
        return
    if files[0].tokenizers.placeholder_kinds:
        raise InputError("--alignments does not support a model with placeholders.")
    if output is not None and (path.resolve() == output.resolve() or _are_same_file(path, output)):
        raise InputError(f"{path}: --output and --alignments are the same file. Choose another one.")
    check_output(path, source)


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
        yield lambda lines, translations, batch_size: None
        return
    with opened_output(path) as write:

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
