from keras_transformer.cleaning.checked_pair import CheckedPair
from keras_transformer.cleaning.rule_registry import RULES


class PairChecker:
    """Applies the rules to the pairs of one corpus, one pair after the other.

    Args:
        settings: `CleaningSettings`.
        facts: `CorpusFacts`.
    """

    def __init__(self, settings, facts):
        self.facts = facts
        self.notes = {}
        self._checks = []
        for name, rule in RULES.items():
            if name in settings.without:
                self.notes[name] = "disabled"
                continue
            check, note = rule(settings, facts)
            if check is not None:
                self._checks.append((name, check))
            if note is not None:
                self.notes[name] = note

    def check(self, number, source, target):
        """Returns the `CheckedPair` of a pair, by the first rule that drops it."""
        for name, check in self._checks:
            if reason := check(source, target):
                return CheckedPair(number, source, target, name, reason)
        return CheckedPair(number, source, target)
