from typing import Any

from keras_transformer.cleaning.checked_pair import CheckedPair
from keras_transformer.cleaning.rule_registry import COLUMNS, RULES
from keras_transformer.processes.printable import printable

# Longer texts of examples are cut.
_LONGEST_EXAMPLE = 300
_LONGEST_REASON = 90


class CleaningReport:
    """Numbers of kept and dropped pairs, and the first dropped pair of each rule.

    Attributes:
        pairs: number of all pairs.
        dropped: number of dropped pairs by rule.
        examples: the first dropped `CheckedPair` by rule.
        notes: the parts that a rule did not check, with the reason, by rule.
        facts: the `CorpusFacts`: languages, scripts and ratio of the lengths.

    Example:

    >>> report = kt.cleaning.CleaningReport()
    >>> checked = list(kt.cleaning.clean_pairs([("A dog.", "Ein Hund."), ("A cat.", "")], report=report))
    >>> report.pairs, report.num_dropped, report.dropped["empty"]
    (2, 1, 1)
    """

    def __init__(self):
        self.pairs = 0
        self.dropped = dict.fromkeys((COLUMNS, *RULES), 0)
        self.examples = {}
        self.notes = {}
        self.facts = None

    def add(self, checked: CheckedPair) -> None:
        """Counts a pair."""
        self.pairs += 1
        if checked.rule is not None:
            self.dropped[checked.rule] += 1
            self.examples.setdefault(checked.rule, checked)

    @property
    def num_dropped(self) -> int:
        """Number of all dropped pairs."""
        return sum(self.dropped.values())

    @property
    def kept(self) -> int:
        """Number of kept pairs."""
        return self.pairs - self.num_dropped

    def to_dict(self) -> dict[str, Any]:
        """Returns the report as a dictionary for JSON."""
        facts = self.facts
        return {
            "pairs": self.pairs,
            "kept": self.kept,
            "dropped": self.num_dropped,
            "source_language": facts and facts.languages[0],
            "target_language": facts and facts.languages[1],
            "detected_languages": list(facts.detected) if facts else [],
            "length_ratio": facts and round(facts.length_ratio, 4),
            "rules": {name: self._rule(name) for name in self.dropped},
        }

    def _rule(self, name):
        entry = {"dropped": self.dropped[name]}
        if name in self.notes:
            entry["note"] = self.notes[name]
        if example := self.examples.get(name):
            texts = {"source": example.source[:_LONGEST_EXAMPLE], "target": example.target[:_LONGEST_EXAMPLE]}
            entry["example"] = {"pair": example.number, "reason": example.reason, **texts}
        return entry

    def __str__(self):
        """A table of the rules for a terminal."""
        width = max(len(name) for name in self.dropped)
        lines = [f"{'rule':{width}}  {'dropped':>12}  first example"]
        for name, count in self.dropped.items():
            remark = ""
            if example := self.examples.get(name):
                remark = f"pair {example.number:,}: {printable(example.reason)}"
                remark = remark if len(remark) <= _LONGEST_REASON else f"{remark[: _LONGEST_REASON - 1]}…"
            if name in self.notes:
                remark = f"{remark} (not checked: {self.notes[name]})".strip()
            lines.append(f"{name:{width}}  {count:>12,}  {remark}".rstrip())
        if self.facts:
            lines.append(f"{'languages':{width}}  {'':>12}  {self._languages()}")
        lines.append(f"{'kept':{width}}  {self.kept:>12,}  of {self.pairs:,} pairs")
        return "\n".join(lines)

    def _languages(self):
        sides = zip(("source", "target"), self.facts.languages, strict=True)
        return ", ".join(
            f"{side} {language or 'unknown'}{' (detected)' if side in self.facts.detected else ''}"
            for side, language in sides
        )
