"""Measures precision and recall of each rule of `clean` on noise that is added to a clean corpus."""

import argparse
import collections
import time

from corpus_noise import KINDS, noisy_pairs, read_pairs

import keras_transformer as kt
from keras_transformer.files.markdown_table import markdown_table


def measure(pairs, kinds, settings):
    """Returns the counts of `(kind, rule)`, the number of pairs per second, and the report."""
    report, found = kt.cleaning.CleaningReport(), collections.Counter()
    start = time.process_time()
    for checked, kind in zip(kt.cleaning.clean_pairs(pairs, settings, report), kinds, strict=True):
        found[kind, checked.rule] += 1
    return found, len(pairs) / (time.process_time() - start), report


def table(found):
    """Returns the rows of precision and recall.

    A pair that a rule drops is right if the pair is noise of any kind, because a copy also has the wrong language.
    """
    rows = [("kind", "added", "recall of its rule, %", "dropped by any rule, %", "dropped by the rule", "precision, %")]
    for kind in KINDS:
        added = sum(count for (other, _), count in found.items() if other == kind)
        by_rule = sum(count for (_, rule), count in found.items() if rule == kind)
        wrong = found[None, kind]
        recall, any_rule = found[kind, kind] / added, 1 - found[kind, None] / added
        precision = f"{100 * (1 - wrong / by_rule):.2f}" if by_rule else ""
        rows.append((kind, added, f"{100 * recall:.1f}", f"{100 * any_rule:.1f}", by_rule, precision))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--missed", type=int, default=0, help="print so many missed pairs of each kind")
    arguments = parser.parse_args()
    pairs, kinds = noisy_pairs(read_pairs(arguments.source, arguments.target), arguments.share, arguments.seed)
    found, speed, report = measure(pairs, kinds, kt.cleaning.CleaningSettings())
    print("\n".join(markdown_table(table(found))))
    clean = sum(count for (kind, _), count in found.items() if kind is None)
    wrong = {rule: count for (kind, rule), count in found.items() if kind is None and rule}
    print(f"\n{sum(wrong.values())} of {clean:,} clean pairs dropped: {wrong}")
    print(f"languages {report.facts.languages}, length ratio {report.facts.length_ratio:.3f}, {speed:,.0f} pairs/s")
    if arguments.missed:
        for kind in KINDS:
            checked = kt.cleaning.clean_pairs(pairs)
            missed = [pair for pair, each in zip(checked, kinds, strict=True) if each == kind and pair.rule is None]
            for pair in missed[: arguments.missed]:
                print(kind, repr(pair.source), repr(pair.target))


if __name__ == "__main__":
    main()
