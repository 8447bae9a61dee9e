"""Tests of batches of candidates: all rows of a source are adjacent and in one batch."""

import numpy as np
import pytest
import tensorflow as tf

from keras_transformer.data import candidate_batches
from keras_transformer.text import learn_vocabulary

SOURCES = ["a cat", "the dog sleeps in the house", "", "a man sees a tree", "yes", "no reference"]
TARGETS = [[f"{source} {word}" for word in ("reference", "one", "another one")] for source in SOURCES]
TARGETS[-1][0] = " "
# A blank source and a blank reference are dropped.
USABLE = [source for source in SOURCES if source not in ("", "no reference")]


@pytest.fixture(scope="module")
def tokenizer():
    return learn_vocabulary([line for lines in TARGETS for line in lines], 285)


@pytest.fixture(scope="module")
def candidates():
    qualities = np.arange(len(SOURCES) * 3, dtype="float32").reshape(-1, 3) / 100
    return tf.data.Dataset.from_tensor_slices((SOURCES, TARGETS, qualities))


def rows_of(batches, tokenizer):
    """Source, target and quality of every row, in the order of the batches."""
    rows = []
    for inputs, labels, qualities in batches.as_numpy_iterator():
        assert len(labels) == len(inputs["source_ids"]) == len(qualities)
        np.testing.assert_array_equal(
            inputs["target_ids"][:, 1:][labels[:, 1:] != 0], labels[:, :-1][labels[:, 1:] != 0]
        )
        texts = [tokenizer.detokenize(ids).numpy() for ids in (inputs["source_ids"], labels)]
        rows += [
            (source.decode(), target.decode(), float(q)) for source, target, q in zip(*texts, qualities, strict=True)
        ]
    return rows


def test_all_rows_of_a_source_are_adjacent(candidates, tokenizer):
    rows = rows_of(candidate_batches(candidates, tokenizer, batch_tokens=200), tokenizer)
    groups = [rows[start : start + 3] for start in range(0, len(rows), 3)]
    expected = [
        [(source, target, (3 * number + copy) / 100) for copy, target in enumerate(targets)]
        for number, (source, targets) in enumerate(zip(SOURCES, TARGETS, strict=True))
        if source in USABLE
    ]
    assert sorted(map(str, groups)) == sorted(
        str([(s, t, float(np.float32(q))) for s, t, q in group]) for group in expected
    )


def test_a_batch_keeps_to_the_budget_but_holds_a_source_at_least(candidates, tokenizer):
    for budget in (3, 60, 10_000):
        batches = list(candidate_batches(candidates, tokenizer, batch_tokens=budget).as_numpy_iterator())
        for inputs, labels, _ in batches:
            sizes = [inputs["source_ids"].size, labels.size]
            assert max(sizes) <= budget or len(labels) == 3
        assert sum(len(labels) for _, labels, _ in batches) == 12
    assert len(batches) == 1


def test_a_source_with_a_candidate_that_is_too_long_is_dropped(candidates, tokenizer):
    longest = {
        source: max(len(tokenizer.tokenize(text)) for text in (source, *targets))
        for source, targets in zip(SOURCES, TARGETS, strict=True)
        if source in USABLE
    }
    limit = sorted(longest.values())[1] + 1
    sources = {
        source for source, _, _ in rows_of(candidate_batches(candidates, tokenizer, max_length=limit), tokenizer)
    }
    assert sources == {source for source, length in longest.items() if length < limit}


def test_going_on_gives_the_batches_of_the_stream(candidates, tokenizer):
    def stream(first_step):
        arguments = {"batch_tokens": 60, "shuffle": True, "seed": 5, "steps_per_epoch": 3, "first_step": first_step}
        return rows_of(candidate_batches(candidates, tokenizer, **arguments).take(7 - first_step), tokenizer)

    whole = stream(0)
    assert whole[-len(stream(4)) :] == stream(4)
