import itertools
from collections.abc import Iterable, Iterator

from keras_transformer.cleaning.checked_pair import CheckedPair
from keras_transformer.cleaning.cleaning_report import CleaningReport
from keras_transformer.cleaning.cleaning_settings import CleaningSettings
from keras_transformer.cleaning.corpus_facts import corpus_facts, first_rows
from keras_transformer.cleaning.pair_checker import PairChecker


def clean_pairs(
    pairs: Iterable[tuple[str, str]],
    settings: CleaningSettings | None = None,
    report: CleaningReport | None = None,
) -> Iterator[CheckedPair]:
    """Checks sentence pairs by the rules. Kept and dropped pairs are yielded, in order.

    The first 10,000 pairs, or 64 million characters, are read before the first pair is yielded. Memory grows by 11 to
    16 bytes per kept pair, for the hashes of the duplicate rules.

    Args:
        pairs: `(source, target)` strings.
        settings: the `CleaningSettings`. Default None: all rules with their defaults.
        report: a `CleaningReport` that counts the pairs. Default None.

    Yields:
        A `CheckedPair` per pair. Its `rule` is None if the pair is kept.

    Example:

    >>> pairs = [("A dog.", "Ein Hund."), ("A cat.", ""), ("A dog.", "Ein Hund.")]
    >>> settings = kt.cleaning.CleaningSettings("en", "de")
    >>> [(pair.source, pair.rule) for pair in kt.cleaning.clean_pairs(pairs, settings)]
    [('A dog.', None), ('A cat.', 'empty'), ('A dog.', 'duplicate')]
    """
    settings = settings or CleaningSettings()
    report = CleaningReport() if report is None else report
    pairs = iter(pairs)
    sample = first_rows(pairs, lambda pair: len(pair[0]) + len(pair[1]))
    checker = PairChecker(settings, corpus_facts(sample, settings))
    report.facts, report.notes = checker.facts, checker.notes
    for number, (source, target) in enumerate(itertools.chain(sample, pairs), start=1):
        checked = checker.check(number, source, target)
        report.add(checked)
        yield checked
