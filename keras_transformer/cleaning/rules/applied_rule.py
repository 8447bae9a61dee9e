from collections.abc import Callable
from typing import NamedTuple


class AppliedRule(NamedTuple):
    """A rule for one corpus.

    Args:
        check: a function of source and target that returns the reason to drop the pair, or None. None if the rule is
            not applied.
        note: what is not checked and why, for the report. Default None.
    """

    check: Callable[[str, str], str | None] | None
    note: str | None = None


def of_both_sides(check, check_target=None):
    """Returns an `AppliedRule` that checks source and target separately.

    Args:
        check: a function of a text that returns the reason in words such as "is empty", or None.
        check_target: the function of the target. Default None: the same.
    """
    check_target = check_target or check

    def check_pair(source, target):
        if reason := check(source):
            return f"the source {reason}"
        if reason := check_target(target):
            return f"the target {reason}"
        return None

    return AppliedRule(check_pair)
