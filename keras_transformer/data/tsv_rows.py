import hashlib

from keras_transformer.data.text_lines import checked_lines
from keras_transformer.errors import InputError
from keras_transformer.text.blank import is_blank


def tsv_rows(paths, source_column, target_column, digests=None):
    """The sentence pairs of files of tab-separated columns, read as they are needed.

    All rows must have as many columns as the first, so that a tab within a text cannot shift the columns behind it.
    A row of white space alone, whatever its columns, is a pair of empty texts; an empty line is no row. Quotes are text
    like any other.

    Args:
        paths: the files, such as the `matching_files` of a pattern.
        source_column, target_column: their columns, counted from 1.
        digests: a dictionary that gets a SHA-256 hash object for each path. Default None.

    Yields:
        `(source, target)` strings; an empty column is an empty text.

    Raises:
        InputError: what `checked_lines` raises, or a row has too few columns, or another number than the first row.
    """
    needed = max(source_column, target_column)
    expected, first = None, None
    for path in paths:
        for number, line in enumerate(checked_lines(path, new_digest(digests, path)), start=1):
            if not line:
                continue
            if is_blank(line):
                yield "", ""
                continue
            columns = line.split("\t")
            if expected is None:
                _check_needed(columns, needed, f"{path}, line {number}")
                expected, first = len(columns), f"line {number} of {path.name}"
            elif len(columns) != expected:
                raise InputError(
                    f"{path}, line {number}: expected {expected} tab-separated columns, as in {first}, but there "
                    f"{_counted(columns)}; one of the two has a tab within a text, where a space has to be."
                )
            yield columns[source_column - 1], columns[target_column - 1]


def new_digest(digests, path):
    """A new SHA-256 hash object, which is kept as that of the path; None where nobody keeps them."""
    if digests is None:
        return None
    # A new one each time: a file may be read as source and as target.
    digests[path] = hashlib.sha256()
    return digests[path]


def _check_needed(columns, needed, where):
    if len(columns) < needed:
        raise InputError(f"{where}: expected at least {needed} tab-separated columns, but there {_counted(columns)}.")


def _counted(columns):
    return "is 1" if len(columns) == 1 else f"are {len(columns)}"
