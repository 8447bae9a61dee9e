"""Measures placeholders and glossaries on the phrases: what is kept, what it costs in BLEU.

It trains a model with placeholders and one without: `python training/compare_placeholders.py`. With `--data` and the
folder of Multi30k, it measures the cost in BLEU on Multi30k instead.
"""

import keras_transformer as kt

kt.use_onednn()

import argparse
import pathlib
import random

from keras_transformer.corpora.phrases import phrase_splits
from keras_transformer.corpora.phrases.lexicon import OBJECTS, PLACES
from keras_transformer.files.markdown_table import markdown_table
from keras_transformer.metrics.text_scores import corpus_scores
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


def write_lines(path, lines):
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return str(path)


def trained(folder, name, data, arguments, **more):
    sections = {
        "data": {"max_length": 64, **data, **more},
        "vocabulary": {"size": arguments.size},
        "model": {
            **{"preset": "tiny", "num_encoder_layers": arguments.layers, "num_decoder_layers": arguments.layers},
            **{"dropout": 0.1, "normalize_first": True},
        },
        "training": {
            **{"steps": arguments.steps, "batch_tokens": arguments.batch_tokens, "seed": arguments.seed},
            **{"learning_rate": 0.003, "warmup_steps": arguments.steps // 10, "decay": "cosine"},
        },
        "evaluation": {"at_end": False},
    }
    return kt.train(kt.recipes.recipe_from_dict(sections), folder / name)


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


def bleu(translator, pairs, **options):
    sources, references = map(list, zip(*pairs))
    return (
        f"{corpus_scores(translator.translate(sources, **options), references, 'none', False, ('bleu',))['bleu']:.2f}"
    )


def phrases(folder, arguments):
    splits, generator = phrase_splits(), random.Random(arguments.seed)
    data = {}
    for split, count in (("train", arguments.pairs), ("validation", 200)):
        for side, number in (("source", 0), ("target", 1)):
            path = folder / f"{split}.{side}"
            data[f"{split}_{side}"] = write_lines(path, [pair[number] for pair in splits[split][:count]])
    names = sorted(NOUNS)
    generator.shuffle(names)
    learned = {name: NOUNS[name] for name in names[: 2 * len(names) // 3]}
    new = {name: NOUNS[name] for name in names if name not in learned}
    glossary = write_lines(folder / "terms.tsv", [f"{source}\t{target}" for source, target in learned.items()])
    plain = trained(folder, "plain", data, arguments)
    masked = trained(folder, "placeholders", data, arguments, placeholders=list(KINDS), glossary=glossary)
    test = splits["test"][: arguments.lines]
    parts = ("appended", "removed")
    rows = [("kind", "lines", "in the translation", "once", "at its place", *parts)]
    print("\n".join(markdown_table([*rows, *kept_rows(masked, test[: arguments.lines // 5], generator)])), "\n")
    rows = [("terms", "lines", "own translation without glossary", "given translation", "once", "at its place", *parts)]
    rows += [term_row("in the training glossary", masked, test, learned), term_row("others", masked, test, new)]
    print("\n".join(markdown_table(rows)), "\n")
    right = kt.text.Glossary(NOUNS)
    rows = [("model", "BLEU"), ("without placeholders", bleu(plain, test)), ("with placeholders", bleu(masked, test))]
    print(
        "\n".join(
            markdown_table([*rows, ("the same, right translations in a glossary", bleu(masked, test, glossary=right))])
        )
    )


def multi30k(texts, folder, arguments):
    data = {
        f"{split}_{side}": str(texts / f"{file}.{language}")
        for split, file in (("train", "train"), ("validation", "val"))
        for side, language in (("source", "en"), ("target", "de"))
    }
    sides = [(texts / f"test_2016_flickr.{side}").read_text(encoding="utf-8").splitlines() for side in ("en", "de")]
    test, rows = list(zip(*sides)), [("model", "BLEU")]
    for name, keys in (("without placeholders", {}), ("with placeholders", {"placeholders": list(KINDS)})):
        rows.append((name, bleu(trained(folder, name, data, arguments, **keys), test)))
    print("\n".join(markdown_table(rows)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, help="folder that has multi30k/tok")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("models/placeholders"))
    parser.add_argument("--layers", type=int, default=4, help="number of blocks of encoder and decoder")
    parser.add_argument("--pairs", type=int, default=None, help="number of training pairs [default: all]")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--batch-tokens", type=int, default=1024)
    parser.add_argument("--size", type=int, default=1200, help="number of tokens of the vocabulary")
    parser.add_argument("--lines", type=int, default=1000, help="number of test sentences")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    folder = arguments.output.resolve()
    folder.mkdir(parents=True)
    if arguments.data:
        multi30k(arguments.data.resolve() / "multi30k" / "tok", folder, arguments)
    else:
        phrases(folder, arguments)


if __name__ == "__main__":
    main()
