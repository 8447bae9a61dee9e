import contextlib
import itertools
import os
import pathlib
from collections.abc import Callable

from keras_transformer.cleaning.checked_pair import CheckedPair
from keras_transformer.cleaning.cleaned_outputs import CleanedOutputs, check_outputs, output_paths
from keras_transformer.cleaning.cleaning_report import CleaningReport
from keras_transformer.cleaning.cleaning_settings import CleaningSettings
from keras_transformer.cleaning.corpus_facts import corpus_facts, first_rows
from keras_transformer.cleaning.corpus_rows import parallel_rows, tsv_rows
from keras_transformer.cleaning.pair_checker import PairChecker
from keras_transformer.cleaning.rule_registry import COLUMNS
from keras_transformer.errors import InputError

_ROWS_PER_PROGRESS = 1000


def clean_files(
    source: str | os.PathLike | None = None,
    target: str | os.PathLike | None = None,
    *,
    tsv: str | os.PathLike | None = None,
    source_column: int = 1,
    target_column: int = 2,
    output_prefix: str | os.PathLike | None = None,
    settings: CleaningSettings | None = None,
    max_dropped: float = 0.5,
    progress: Callable[[int], None] | None = None,
) -> CleaningReport:
    """Cleans two parallel text files, or a file of tab-separated columns, by the rules.

    Kept lines are written unchanged, in order. The dropped pairs are written to a file of JSON lines with the number,
    the rule and the reason. Files are read and written as streams.

    Args:
        source, target: the two files, plain or compressed, or two patterns of equally many files.
        tsv: a file of tab-separated columns, or a pattern, instead of `source` and `target`.
        source_column, target_column: columns of source and target in `tsv`, counted from 1. Default 1 and 2.
        output_prefix: beginning of the paths of the outputs: "clean" for `clean.en`, `clean.de` and
            `clean.dropped.jsonl` of the files `train.en` and `train.de`. Existing outputs are replaced, inputs never.
            Default None: nothing is written.
        settings: the `CleaningSettings`. Default None: all rules with their defaults.
        max_dropped: largest fraction of pairs that can be dropped. Default 0.5. It is not checked without
            `output_prefix`.
        progress: a function that is called with numbers of bytes of the source, or of the TSV file. Default None.

    Returns:
        The `CleaningReport`.

    Raises:
        InputError: a file cannot be read, the numbers of lines differ, an output is an input, `max_dropped` is out of
            range, or more of the pairs would be dropped. Nothing is written.

    Example:

    >>> report = kt.cleaning.clean_files("train.ko", "train.en", output_prefix="clean")
    >>> report.pairs == report.kept + report.num_dropped
    True
    """
    if (tsv is None) == (source is None) or (source is None) != (target is None):
        raise InputError("Expected either `source` and `target`, or `tsv`.")
    if not 0 <= max_dropped <= 1:
        raise InputError(f"`max_dropped` must be from 0 to 1. Received: max_dropped={max_dropped}.")
    inputs = [path for path in (source, target, tsv) if path is not None]
    outputs = None if output_prefix is None else output_paths(output_prefix, *inputs)
    if outputs is not None:
        check_outputs(outputs, inputs)
    rows = parallel_rows(source, target) if tsv is None else tsv_rows(tsv, source_column, target_column)
    report = CleaningReport()
    with contextlib.nullcontext() if outputs is None else CleanedOutputs(outputs) as files:
        for row, checked in _checked(rows, settings or CleaningSettings(), report, progress):
            if files is not None:
                files.write(row, checked)
        if not report.pairs:
            raise InputError(f"{pathlib.Path(inputs[0])}: the file is empty.")
        if files is not None:
            check_dropped(report, max_dropped)
            files.finish()
    return report


def check_dropped(report, max_dropped):
    """Raises an `InputError` if too many pairs were dropped."""
    if report.num_dropped > max_dropped * report.pairs:
        rule = max(report.dropped, key=report.dropped.get)
        raise InputError(
            f"{report.num_dropped:,} of {report.pairs:,} pairs would be dropped, {report.dropped[rule]:,} of them by "
            f"the rule {rule} (pair {report.examples[rule].number:,}: {report.examples[rule].reason}). Nothing was "
            f"written. The limit is the fraction {max_dropped:g}. Check the languages and the files, disable a rule, "
            "or raise the limit."
        )


def _checked(rows, settings, report, progress):
    """Yields each `CorpusRow` with its `CheckedPair`."""
    sample = first_rows(rows, lambda row: len(row.source) + len(row.target))
    facts = corpus_facts([row[:2] for row in sample if row.fault is None], settings)
    checker = PairChecker(settings, facts)
    report.facts, report.notes = checker.facts, checker.notes
    size = 0
    for number, row in enumerate(itertools.chain(sample, rows), start=1):
        if row.fault is None:
            checked = checker.check(number, row.source, row.target)
        else:
            checked = CheckedPair(number, row.source, row.target, COLUMNS, row.fault)
        report.add(checked)
        yield row, checked
        if progress is not None:
            size += _bytes(row)
            if number % _ROWS_PER_PROGRESS == 0:
                progress(size)
                size = 0
    if progress is not None:
        progress(size)


def _bytes(row):
    text = row.source if row.line is None else row.line
    return (len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))) + 1
