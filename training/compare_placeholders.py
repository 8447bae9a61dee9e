"""Measures placeholders and glossaries on the phrases: what is kept, what it costs in BLEU. Then the cost on Multi30k.

It trains a model with placeholders and one without, for each seed: `python training/compare_placeholders.py data`. A
run that was interrupted continues.
"""

import keras_transformer as kt

kt.use_onednn()  # isort: split  (before Keras imports TensorFlow)
import random

from compared_trainings import begin, bleu, lines_of_test, make_parser, pair_keys, sides_of, trained, write_lines
from compared_trainings import multi30k as text_of_multi30k

from keras_transformer.corpora.phrases import phrase_splits
from keras_transformer.corpora.phrases.lexicon import OBJECTS, PLACES
from keras_transformer.files.markdown_table import markdown_table
from keras_transformer.text.placeholder_kinds import KINDS
from keras_transformer.text.term_matches import TermMatches

VALUES = {
    "url": ["https://example.com/a/b?c=1", "www.keras.io/api", "http://a.example.org/x_(y)"],
    "email": ["kim@example.co.kr", "a.b+c@d.example"],
    "number": ["5 km", "3.5 kg", "20 %", "$7.50", "-4 °C"],
    "tag": ["<b>", "</b>", '<a href="https://example.com">', "<br/>"],
}
# "home" and "school" have no article, and "to home" is not English.
NOUNS = {name: place.at.split(" the ")[1] for name, place in PLACES.items() if " the " in place.at}
NOUNS |= {name: english.removeprefix("a ").removeprefix("the ") for name, english in OBJECTS.items()}


def placed(text, value, place):
    """Returns a sentence with a value at its beginning, at its end, or before its final punctuation."""
    return [f"{value} {text}", f"{text} {value}", f"{text[:-1]} {value}{text[-1]}"][place]


def kept_rows(translator, pairs, generator):
    """Yields a row for each kind: lines, the value is in the translation, once, and at the place of the reference."""
    for kind, values in VALUES.items():
        cases = [(generator.choice(values), place, pair) for pair in pairs for place in range(3)]
        counts = kt.text.PlaceholderCounts()
        found = translator.translate([placed(pair[0], value, place) for value, place, pair in cases], counts=counts)
        plain = translator.translate([pair[0] for _, _, pair in cases])
        yield (
            kind,
            len(cases),
            *shares(
                len(cases),
                sum(value in text for text, (value, _, _) in zip(found, cases)),
                sum(text.count(value) == 1 for text, (value, _, _) in zip(found, cases)),
                # The rest of the sentence is as without the value.
                sum(text == placed(other, value, place) for text, other, (value, place, _) in zip(found, plain, cases)),
            ),
            counts.dropped,
            counts.extra,
        )


def term_row(name, translator, pairs, terms):
    """Returns the row of a set of terms. Each has an invented translation in the glossary."""
    invented = {term: f"{english.title()}ex" for term, english in terms.items()}
    matches = TermMatches(terms)
    cases = [(pair, found[0].term) for pair in pairs if len(found := list(matches.find(pair[0]))) == 1]
    counts = kt.text.PlaceholderCounts()
    texts = [source for (source, _), _ in cases]
    found = translator.translate(texts, glossary=kt.text.Glossary(invented), counts=counts)
    without = translator.translate(texts)
    return (
        name,
        len(cases),
        *shares(
            len(cases),
            sum(terms[term] in text for text, (_, term) in zip(without, cases)),
            sum(invented[term] in text for text, (_, term) in zip(found, cases)),
            sum(text.count(invented[term]) == 1 for text, (_, term) in zip(found, cases)),
            sum(
                without_articles(text.replace(invented[term], terms[term])) == without_articles(pair[1])
                for text, (pair, term) in zip(found, cases)
            ),
        ),
        counts.dropped,
        counts.extra,
    )


def without_articles(text):
    """Returns a text without articles, because a symbol does not show which article its word has."""
    return " ".join(word for word in text.lower().split() if word not in ("a", "an", "the"))


def shares(total, *counts):
    return [f"{count / max(1, total):.1%}" for count in counts]


def phrases(options, seed):
    """Trains models of the phrases, and prints what is kept and what it costs."""
    splits, generator = phrase_splits(), random.Random(seed)
    names = sorted(NOUNS)
    generator.shuffle(names)
    learned = {name: NOUNS[name] for name in names[: 2 * len(names) // 3]}
    new = {name: NOUNS[name] for name in names if name not in learned}
    glossary = write_lines(options.output / f"terms-{seed}.tsv", (f"{term}\t{learned[term]}" for term in learned))
    data = {"max_length": 64}
    for split in ("train", "validation"):
        for side, lines in zip(("source", "target"), zip(*splits[split])):
            data[f"{split}_{side}"] = write_lines(options.output / f"{split}.{side}", lines)
    plain = trained(f"phrases, plain, seed {seed}", data, seed, options, {"size": 1000})
    data |= {"placeholders": list(KINDS), "glossary": glossary}
    masked = trained(f"phrases, placeholders, seed {seed}", data, seed, options, {"size": 1000})
    test = splits["test"][: options.lines]
    parts = ("appended", "removed")
    rows = [("kind", "lines", "in the translation", "once", "at its place", *parts)]
    show(f"Seed {seed}, kinds", [*rows, *kept_rows(masked, test[: options.lines // 5], generator)])
    rows = [("terms", "lines", "own translation without glossary", "given translation", "once", "at its place", *parts)]
    rows += [term_row("in the training glossary", masked, test, learned), term_row("others", masked, test, new)]
    show(f"Seed {seed}, terms", rows)
    sides = list(map(list, zip(*test)))
    glossary = kt.text.Glossary(NOUNS)
    rows = [("model", "BLEU"), ("without placeholders", bleu(plain, *sides))]
    rows += [("with placeholders", bleu(masked, *sides))]
    rows += [("the same, right translations in a glossary", bleu(masked, *sides, glossary=glossary))]
    show(f"Seed {seed}, cost on the phrases", rows)


def multi30k(options, seed):
    """Trains models of Multi30k, and prints what placeholders cost."""
    text = text_of_multi30k(options)
    test = lines_of_test(text)
    data = pair_keys("train", *sides_of(text, "train")) | pair_keys("validation", *sides_of(text, "val"))
    rows = [("model", "BLEU")]
    for name, keys in (("without placeholders", {}), ("with placeholders", {"placeholders": list(KINDS)})):
        model = trained(f"multi30k {name}, seed {seed}", {**data, **keys}, seed, options)
        rows.append((name, bleu(model, *test)))
    show(f"Seed {seed}, cost on Multi30k", rows)


def show(title, rows):
    print(title, *markdown_table(rows), "", sep="\n", flush=True)


def main():
    parser = make_parser(__doc__, "placeholders")
    parser.add_argument("--lines", type=int, default=1000, help="number of test sentences [default: 1000]")
    parser.add_argument("--only", choices=["phrases", "multi30k"], help="one of the corpora [default: both]")
    options = parser.parse_args()
    begin(options)
    for compare in (phrases, multi30k):
        if options.only in (None, compare.__name__):
            for seed in options.seeds:
                compare(options, seed)


if __name__ == "__main__":
    main()
