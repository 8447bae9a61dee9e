"""Pairs of sentences for the tests of batches, and the text of batches."""

import collections
import random

WORDS = ["one", "two", "three", "red", "blue", "small", "large", "cat", "dog", "bird", "tree", "river", "sees", "has"]


def make_pairs(number, longest):
    """Pairs of different sentences of 1 to `longest` words. Translations have about the length of their source."""
    generator = random.Random(0)
    pairs = []
    for index in range(number):
        length = generator.randint(1, longest)
        source = " ".join(generator.choices(WORDS, k=length))
        target = " ".join(generator.choices(WORDS, k=max(1, length + generator.randint(-2, 2))))
        pairs.append((f"{index} {source}", f"{target} {index}"))
    return pairs


PAIRS = make_pairs(3000, 30)


def texts_of(batches, source_tokenizer, target_tokenizer):
    """Counts each pair of texts in the batches."""
    pairs = collections.Counter()
    for inputs, labels in batches:
        sources = source_tokenizer.detokenize(inputs["source_ids"]).numpy()
        targets = target_tokenizer.detokenize(labels).numpy()
        pairs.update((source.decode(), target.decode()) for source, target in zip(sources, targets, strict=True))
    return pairs


def signatures(batches):
    """Returns a value by which two epochs can be compared."""
    return [inputs["source_ids"].numpy().tobytes() for inputs, _ in batches]
