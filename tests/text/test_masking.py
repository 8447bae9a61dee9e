import math

import pytest

from keras_transformer.text import PlaceholderCounts, Tokenizers, learn_vocabulary
from keras_transformer.text.masking import Masking
from keras_transformer.text.placeholder_kinds import placeholder_symbols


@pytest.fixture(scope="module")
def tokenizers():
    symbols = placeholder_symbols(["url", "number"])
    return Tokenizers(learn_vocabulary(["a small text", "another one"], user_defined_symbols=symbols))


def test_missing_hypotheses_stay_empty(tokenizers):
    masking = Masking(tokenizers, ["see https://a.b", "text"])
    scores = [[-1.0, -math.inf], [-1.0, -2.0]]
    assert masking.restored([["a", ""], ["b", "c"]], scores) == [["a https://a.b", ""], ["b", "c"]]


def test_prefixes_have_the_symbols_of_their_texts(tokenizers):
    counts = PlaceholderCounts()
    masking = Masking(tokenizers, ["5 km, https://a.b", "text"], copies=False)
    assert masking.prefixes(["https://a.b", "5 km"]) == ["｟url1｠", "5 km"]
    found = masking.restored([["｟url1｠ is ｟number1｠"], ["5 km"]], [[-1.0], [-1.0]], counts)
    assert found == [["https://a.b is 5 km"], ["5 km"]]
    assert counts == PlaceholderCounts(texts=1, masked=2)


def test_texts_of_a_vocabulary_without_placeholders_are_kept():
    masking = Masking(Tokenizers(learn_vocabulary(["a small text", "another one"])), ["see https://a.b"])
    assert masking.texts == ["see https://a.b"]
    assert masking.prefixes(["https://a.b"]) == ["https://a.b"]
    assert masking.restored([["a"]], [[-1.0]]) == [["a"]]
