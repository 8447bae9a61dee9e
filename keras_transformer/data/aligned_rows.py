"""Word alignments in the Pharaoh format, checked while they are read with their sentence pairs."""

import itertools
import os
import re
from collections.abc import Iterable, Iterator
from typing import Any

from keras_transformer.data.text_lines import check_some_text, checked_lines
from keras_transformer.data.tsv_rows import new_digest
from keras_transformer.errors import InputError, shortened

_LINK = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")


def aligned_rows(
    rows: Iterable[tuple[str, str]], paths: Iterable[str | os.PathLike], digests: Any = None
) -> Iterator[tuple[str, str, str]]:
    """Adds alignments to sentence pairs.

    Args:
        rows: `(source, target)` strings.
        paths: the files of the alignments, one after the other.
        digests: a dictionary that gets a SHA-256 hash object for each path. Default None.

    Yields:
        `(source, target, alignment)` strings.

    Raises:
        InputError: a file cannot be read, has another number of lines than pairs, or a line is malformed or links a
            word that the text does not have.
    """
    paths = list(paths)
    counts = [0, 0]
    for row, line in itertools.zip_longest(rows, _lines(paths, digests)):
        counts = [count + (part is not None) for count, part in zip(counts, (row, line), strict=True)]
        if None not in (row, line):
            yield (*row, _checked_links(*line, *row))
    if counts[0] != counts[1]:
        raise InputError(
            f"{', '.join(map(str, paths))}: expected a line of alignments for each of the {counts[0]:,} pairs of "
            f"sentences. Received: {counts[1]:,} lines."
        )


def _lines(paths, digests):
    """Yields path, number and text of each line."""
    with_text = set() if len(paths) > 1 else None
    for path in paths:
        for number, line in enumerate(checked_lines(path, new_digest(digests, path), with_text=with_text), start=1):
            yield path, number, line
    if with_text is not None:
        check_some_text(paths, with_text)


def _checked_links(path, number, line, source, target):
    """Returns the links of a line, separated by single spaces."""
    links = line.split()
    lengths = len(source.split()), len(target.split())
    for link in links:
        match = _LINK.fullmatch(link)
        if not match:
            raise InputError(
                f"{path}, line {number}: expected links of word positions, such as 0-0 1-2. Received: "
                f"{shortened(link)}."
            )
        for side, position, length in zip(("source", "target"), match.groups(), lengths, strict=True):
            if int(position) >= length:
                raise InputError(
                    f"{path}, line {number}: the link {link} needs {int(position) + 1} words, but the {side} has "
                    f"{length}. Positions count from 0. Make the alignments from the same text, split at white space."
                )
    return " ".join(links)
