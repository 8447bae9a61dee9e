import collections
import functools

import pytest

from keras_transformer.data import text_of_pairs
from keras_transformer.data.mixed_pairs import mixed_pairs, mixed_rows

CORPORA = {"general": 1000, "news": 130, "domain": 7}
WEIGHTS = [1, 2, 40]


def passes():
    """Functions that return the rows of each corpus."""
    return [functools.partial(rows_of, name, count) for name, count in CORPORA.items()]


def rows_of(name, count):
    return ((f"{name} {number}", name) for number in range(count))


def test_each_row_occurs_as_often_as_its_weight():
    rows = list(mixed_rows(passes(), WEIGHTS, list(CORPORA.values())))
    times = collections.Counter(rows)
    assert len(rows) == 1000 + 2 * 130 + 40 * 7
    for (name, count), weight in zip(CORPORA.items(), WEIGHTS, strict=True):
        assert [times[row] for row in rows_of(name, count)] == [weight] * count


@pytest.mark.parametrize("size", [100, 308])
def test_every_part_has_the_same_proportions(size):
    rows = list(mixed_rows(passes(), WEIGHTS, list(CORPORA.values())))
    totals = collections.Counter(name for _, name in rows)
    for start in range(0, len(rows) - size, 11):
        part = collections.Counter(name for _, name in rows[start : start + size])
        for name, total in totals.items():
            assert abs(part[name] - size * total / len(rows)) <= 2


def test_copies_of_a_row_are_far_apart():
    rows = list(mixed_rows(passes(), WEIGHTS, list(CORPORA.values())))
    places = [place for place, (text, _) in enumerate(rows) if text == "news 5"]
    assert abs(places[1] - places[0] - len(rows) / 2) <= 2


def test_the_dataset_has_the_rows_in_the_same_order_each_time():
    pairs = mixed_pairs(passes(), WEIGHTS, list(CORPORA.values()))
    expected = list(mixed_rows(passes(), WEIGHTS, list(CORPORA.values())))
    assert list(text_of_pairs(pairs)) == expected
    assert list(text_of_pairs(pairs)) == expected


def test_a_single_corpus_can_be_repeated():
    assert list(mixed_rows([lambda: "abc"], [2], [3])) == list("abcabc")
