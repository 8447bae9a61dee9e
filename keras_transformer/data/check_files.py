"""Checks of text files before any work starts; every fault is one line that names the file and the line."""

import pathlib
import string

from keras_transformer.data.matching_files import matching_files, wildcard_parts
from keras_transformer.errors import InputError

_GZIP = b"\x1f\x8b"


def check_text_files(source, target):
    """Checks two parallel text files, or two patterns of as many files that are parallel in their order.

    Returns:
        The number of line pairs.

    Raises:
        InputError: a file is missing, unreadable, empty or not UTF-8, the numbers of files or lines differ, or some
            files of one side have their counterpart on the other and some do not.
    """
    sources, targets = matching_files(source), matching_files(target)
    _check_names(source, target, sources, targets)
    if len(sources) != len(targets):
        raise InputError(
            f"Source and target must be as many files as each other, but {source} matches {len(sources)} and {target} "
            f"{len(targets)}."
        )
    return sum(_check_parallel(*paths) for paths in zip(sources, targets, strict=True))


def _check_names(source, target, sources, targets):
    """Files of two patterns belong together where the same stands in place of the wildcards."""
    by_parts = [
        {wildcard_parts(pattern, path): path for path in paths}
        for pattern, paths in ((source, sources), (target, targets))
    ]
    alone = by_parts[0].keys() ^ by_parts[1].keys()
    # Names that have nothing in common say nothing.
    if alone and by_parts[0].keys() & by_parts[1].keys():
        parts = min(alone)
        path, other = (by_parts[0][parts], target) if parts in by_parts[0] else (by_parts[1][parts], source)
        raise InputError(f"{path}: no file of {other} belongs to it by its name.")


def _check_parallel(source, target):
    num_source, num_target = (sum(1 for _ in checked_lines(path)) for path in (source, target))
    if num_source != num_target:
        raise InputError(
            f"Source and target must have as many lines as each other, but {source} has {num_source} and {target} "
            f"has {num_target}."
        )
    return num_source


def check_tsv_file(path, source_column, target_column):
    """Checks a file of tab-separated columns, or a pattern of such files; blank lines are passed over.

    Returns:
        The number of pairs.

    Raises:
        InputError: the file is missing, unreadable, empty or not UTF-8, or a line has too few columns.
    """
    needed = max(source_column, target_column)
    return sum(_count_rows(each, needed) for each in matching_files(path))


def _count_rows(path, needed):
    num_pairs = 0
    for number, line in enumerate(checked_lines(path), start=1):
        if not line.strip(string.whitespace):  # ASCII's, as `tsv_pairs` has it.
            continue
        found = line.count("\t") + 1
        if found < needed:
            raise InputError(
                f"{path}, line {number}: expected at least {needed} tab-separated columns, but there "
                f"{'is 1' if found == 1 else f'are {found}'}."
            )
        num_pairs += 1
    return num_pairs


def checked_lines(path):
    """The lines of a text file, without line ends and byte order mark, read as they are needed.

    Raises:
        InputError: the file is missing, unreadable or has only blank lines, or a line is not UTF-8 or has a carriage
            return in its middle.
    """
    path = pathlib.Path(path)
    blank = True
    try:
        with path.open("rb") as file:
            lines = decoded_lines(file, path, advice="; convert the file to UTF-8")
            for number, line in enumerate(lines, start=1):
                # What reads the text for training would leave it out and join the words beside it.
                if "\r" in line:
                    raise InputError(f"{path}, line {number}: a carriage return within the line; put a space there.")
                blank = blank and not line.strip()
                yield line
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}.") from None
    if blank:
        raise InputError(f"{path}: the file is empty.")


def decoded_lines(file, name, advice=""):
    """The lines of a binary file as strings, without line end and byte order mark; only a line feed ends a line.

    Args:
        file: an open binary file.
        name: what messages call it.
        advice: what a message says of the mend behind what is wrong. Default: nothing.

    Raises:
        InputError: a line is not UTF-8; the message names the file and the line.
    """
    for number, line in enumerate(file, start=1):
        try:
            text = line.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            if number == 1 and line.startswith(_GZIP):
                advice = "; the file is compressed, unpack it"
            raise InputError(
                f"{name}, line {number}: expected UTF-8, but byte {error.start + 1} of the line is "
                f"0x{line[error.start]:02x}{advice}."
            ) from None
        yield text.removeprefix("\ufeff") if number == 1 else text
