from typing import NamedTuple


class CheckedPair(NamedTuple):
    """A sentence pair with the rule that drops it.

    Args:
        number: number of the pair, counted from 1. It is the line number if the pairs are those of one file.
        source, target: the texts.
        rule: name of the rule that drops the pair, or None if the pair is kept.
        reason: the reason in words, or None if the pair is kept.

    Example:

    >>> pair, = kt.cleaning.clean_pairs([("A dog.", "")])
    >>> pair.rule, pair.reason
    ('empty', 'the target is empty')
    """

    number: int
    source: str
    target: str
    rule: str | None = None
    reason: str | None = None
