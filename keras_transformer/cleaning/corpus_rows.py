"""Reads the pairs of text files, also those with damaged lines, which the rules drop."""

import collections
import itertools
from typing import NamedTuple

from keras_transformer.cleaning.corpus_facts import first_rows
from keras_transformer.data.check_files import check_counterparts, paired_lines
from keras_transformer.data.matching_files import matching_files
from keras_transformer.data.text_lines import decoded_lines
from keras_transformer.errors import InputError
from keras_transformer.files.opened_text import opened_text
from keras_transformer.text.blank import is_blank


class CorpusRow(NamedTuple):
    """A row of a corpus.

    Args:
        source, target: the texts. Bytes that are not UTF-8 are lone surrogates, as with "surrogateescape".
        line: the line of a TSV file, or None.
        fault: the reason why the line of a TSV file has no pair, or None.
    """

    source: str
    target: str
    line: str | None = None
    fault: str | None = None


def parallel_rows(source, target):
    """Yields the `CorpusRow`s of two parallel files or patterns.

    Raises:
        InputError: a file cannot be read or is empty, or the numbers of files or lines differ.
    """
    for paths in check_counterparts(source, target):
        yield from itertools.starmap(CorpusRow, paired_lines(*paths, _lines))


def tsv_rows(path, source_column, target_column):
    """Yields the `CorpusRow`s of a file of tab-separated columns, or of a pattern.

    The expected number of columns is the most frequent one of the sample, see `CleaningSettings`. A line with
    another number has a tab within a text, so its texts are unknown.

    Raises:
        InputError: a file cannot be read, or no line has enough columns.
    """
    needed = max(source_column, target_column)
    lines = itertools.chain.from_iterable(map(_lines, matching_files(path)))
    first = first_rows(lines, len)
    widths = collections.Counter(line.count("\t") + 1 for line in first if not is_blank(line))
    expected = max((width for width in widths if width >= needed), key=widths.get, default=None)
    if expected is None and widths:
        raise InputError(f"{path}: expected at least {needed} tab-separated columns, but no line has so many.")
    for line in itertools.chain(first, lines):
        columns = line.split("\t")
        if len(columns) == expected:
            yield CorpusRow(columns[source_column - 1], columns[target_column - 1], line)
        elif is_blank(line):
            yield CorpusRow("", "", line)
        else:
            fault = f"{len(columns)} tab-separated columns instead of {expected}"
            yield CorpusRow(line, "", line, fault)


def _lines(path):
    with opened_text(path) as file:
        yield from decoded_lines(file, path, errors="surrogateescape")
