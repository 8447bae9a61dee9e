"""Training pairs with symbols: common parts, terms of a glossary, and inserted examples."""

import pytest
import tensorflow as tf

from keras_transformer.data import listed_pairs, token_batches
from keras_transformer.data.text_preparation import TextPreparation
from keras_transformer.text import Glossary, Tokenizers, learn_vocabulary
from keras_transformer.text.placeholder_kinds import placeholder_symbols
from keras_transformer.text.placeholders import Placeholders

KINDS = ["url", "term"]
SOURCES = ["<2de> a small house.", "see https://a.b now", "", "<2de>", "another house"] * 20
TARGETS = ["ein kleines Haus.", "siehe https://a.b jetzt", "x", "y", "noch ein Haus"] * 20


@pytest.fixture(scope="module")
def placeholders():
    return Placeholders(KINDS)


def prepared(preparation, seed):
    function = tf.function(lambda sources, targets, seed: preparation.prepare(sources, targets, seed))
    found = function(tf.constant(SOURCES), tf.constant(TARGETS), None if seed is None else tf.constant(seed, tf.int64))
    return [[text.decode() for text in side.numpy()] for side in found]


def test_without_a_seed_only_common_parts_are_replaced(placeholders):
    preparation = TextPreparation(placeholders, 1.0, Glossary({"house": "Haus"}), 1.0)
    sources, targets = prepared(preparation, None)
    assert sources[:5] == ["<2de> a small house.", "see ｟url1｠ now", "", "<2de>", "another house"]
    assert targets[1] == "siehe ｟url1｠ jetzt"


def test_terms_are_replaced_in_a_fraction_of_the_pairs(placeholders):
    preparation = TextPreparation(placeholders, 0.0, Glossary({"house": "Haus"}), 0.5)
    sources, targets = prepared(preparation, 3)
    assert [sources, targets] == prepared(preparation, 3)
    assert sources != prepared(preparation, 4)[0]
    changed = [("｟term1｠" in source, "｟term1｠" in target) for source, target in zip(sources, targets)]
    assert all(one == other for one, other in changed)
    assert 8 < sum(one for one, _ in changed) < 32  # Of 40 pairs.
    assert "<2de> a small ｟term1｠." in sources


def test_examples_are_inserted_in_the_same_place_of_both_sides(placeholders):
    sources, targets = prepared(TextPreparation(placeholders, 0.5), 5)
    symbols = placeholder_symbols(KINDS)
    places = set()
    for source, target, before, after in zip(sources, targets, SOURCES, TARGETS):
        found = [symbol for symbol in symbols if target.count(symbol) > ("https" in after and symbol == "｟url1｠")]
        assert source.startswith("<2de>") == before.startswith("<2de>")
        if found:
            (symbol,) = found
            rest = source.removeprefix("<2de> ")
            place = 0 if rest.startswith(symbol) else 1 if rest.endswith(symbol) else 2
            places.add(place)
            assert (target.startswith(symbol), target.endswith(symbol)) == (place == 0, place == 1) or "url1" in symbol
    # Blank sides stay.
    assert [sources[number] for number in (2, 3)] == ["", "<2de>"]
    assert [targets[number] for number in (2, 3)] == ["x", "y"]
    assert places == {0, 1, 2}


@pytest.mark.parametrize("sampling", [0.0, 0.1])
def test_batches_have_the_symbols(placeholders, sampling):
    tokenizer = learn_vocabulary([*SOURCES, *TARGETS], user_defined_symbols=placeholder_symbols(KINDS))
    preparation = TextPreparation(placeholders, 0.3, Glossary({"house": "Haus"}))
    pairs = listed_pairs([(source, target) for source, target in zip(SOURCES, TARGETS) if "<2de>" not in source])
    arguments = {"batch_tokens": 256, "max_length": 64, "sampling": sampling, "preparation": preparation}
    batches = token_batches(pairs, Tokenizers(tokenizer), **arguments)
    ids = {int(each) for inputs, _ in batches for each in tf.reshape(inputs["source_ids"], (-1,)).numpy()}
    assert len(ids & set(tokenizer.symbols.values())) > 3
