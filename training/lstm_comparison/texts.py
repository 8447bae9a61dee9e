"""The texts of both corpora, and the groups of test texts by length."""

import pathlib
import random
from typing import NamedTuple

import keras_transformer as kt
from keras_transformer.corpora.phrases import phrase_splits

# Phrases: training texts have 1 to 3 sentences, test texts 1 to 5. The last two lengths are not in the training text.
LONGEST_TRAINING_TEXT, LONGEST_TEST_TEXT = 3, 5
NUM_TRAINING_TEXTS, NUM_TEXTS_OF_A_GROUP = 60_000, 200
# Multi30k: largest numbers of source words of the groups of test texts.
WORD_GROUPS = (8, 11, 14, 17, 10_000)


class Texts(NamedTuple):
    """The texts of a comparison.

    `test` has the pairs of each group by its name. `tokenize` is sacreBLEU's tokenization.
    """

    train: list
    validation: list
    test: dict
    tokenizer: object
    tokenize: str


def load_texts(corpus, folder):
    """Returns the `Texts` of "phrases", which is embedded, or of "multi30k" in `folder`."""
    return _phrases() if corpus == "phrases" else _multi30k(pathlib.Path(folder))


def _phrases():
    splits, generator = phrase_splits(), random.Random(0)
    lines = (line for pair in splits["train"] for line in pair)
    return Texts(
        _joined(splits["train"], NUM_TRAINING_TEXTS, range(1, LONGEST_TRAINING_TEXT + 1), generator),
        _joined(splits["validation"], 500, range(1, LONGEST_TRAINING_TEXT + 1), generator),
        {
            f"{count}": _joined(splits["test"], NUM_TEXTS_OF_A_GROUP, [count], generator)
            for count in range(1, LONGEST_TEST_TEXT + 1)
        },
        kt.text.learn_vocabulary(lines, vocabulary_size=1400, model_type="bpe"),
        "13a",
    )


def _joined(pairs, count, lengths, generator):
    """Returns texts of several sentences drawn from `pairs`, source with source and target with target."""
    drawn = (generator.sample(pairs, generator.choice(lengths)) for _ in range(count))
    return [tuple(" ".join(side) for side in zip(*sentences)) for sentences in drawn]


def _multi30k(folder):
    train, validation, test = (_read(folder, name) for name in ("train", "val", "test_2016_flickr"))
    smallest, groups = 0, {}
    for largest in WORD_GROUPS:
        name = f"{smallest + 1}-{largest}" if largest < WORD_GROUPS[-1] else f"over {smallest}"
        groups[name] = [pair for pair in test if smallest < len(pair[0].split()) <= largest]
        smallest = largest
    lines = (line for pair in train for line in pair)
    tokenizer = kt.text.learn_vocabulary(lines, vocabulary_size=4000)
    return Texts(train, validation, groups, tokenizer, "none")


def _read(folder, name):
    sides = [folder / "multi30k" / "tok" / f"{name}.{language}" for language in ("en", "de")]
    return list(zip(*(side.read_text(encoding="utf-8").splitlines() for side in sides), strict=True))
