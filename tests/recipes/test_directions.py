"""Recipes of several directions: the languages of each corpus, the columns, and keys that exclude them."""

import pytest

from keras_transformer.errors import InputError
from keras_transformer.recipes import recipe_from_dict

DATA = {
    "train_source": ["a.de", "b.de", "a.en"],
    "train_target": ["a.en", "b.en", "a.de"],
    "validation_source": ["v.de", "v.en"],
    "validation_target": ["v.en", "v.de"],
    "source_language": ["de", "de", "EN"],
    "target_language": ["en", "en", "DE"],
}


def recipe(data=(), **sections):
    return recipe_from_dict({"data": {**DATA, **dict(data)}, **sections})


def test_each_corpus_has_its_direction_and_the_vocabulary_its_tags():
    loaded = recipe(vocabulary={"user_defined_symbols": ["<2de>", "@@"]})
    assert loaded.data.directions == [("de", "en"), ("de", "en"), ("en", "de")]
    assert loaded.data.directions_of("validation") == [("de", "en"), ("en", "de")]
    assert loaded.data.default_direction == ("de", "en")
    assert loaded.symbols == ["<2de>", "@@", "<2en>"]
    each = {"validation_source": ["v.de", "w.de", "v.en"], "validation_target": ["v.en", "w.en", "v.de"]}
    assert recipe(each).data.directions_of("validation") == loaded.data.directions


def test_one_language_of_the_source_is_that_of_all_corpora():
    assert recipe({"source_language": "en"}).data.directions == [("en", "en"), ("en", "en"), ("en", "de")]
    assert recipe({"source_language": ["de", "fr", "it"], "target_language": "en"}).data.directions == []


def test_tab_separated_pairs_are_read_in_both_directions():
    data = {
        "train_pairs": ["p.tsv", "p.tsv"],
        "validation_pairs": ["v.tsv", "v.tsv"],
        "source_column": [1, 2],
        "target_column": [2, 1],
        "source_language": ["de", "en"],
        "target_language": ["en", "de"],
    }
    loaded = recipe_from_dict({"data": data})
    assert loaded.data.columns_of("train") == loaded.data.columns_of("validation") == [(1, 2), (2, 1)]
    three = {name: [*value, value[1]] for name, value in data.items() if name != "validation_pairs"}
    loaded = recipe_from_dict({"data": {**three, "validation_pairs": ["v.tsv", "w.tsv"]}})
    assert loaded.data.columns_of("validation") == [(1, 2), (2, 1)]


@pytest.mark.parametrize(
    ("data", "sections", "message"),
    [
        ({"target_language": ["en", "de"]}, {}, "target_language must have a language for each corpus.*2 languages"),
        ({"target_language": ["en", "de", "no language"]}, {}, "expected a language tag"),
        ({"validation_source": "v.de", "validation_target": "v.en"}, {}, "each of the 2 directions.*Received: 1"),
        (
            {"validation_source": None, "validation_target": None, "held_out": 0.1},
            {},
            "held_out needs one direction",
        ),
        ({}, {"minimum_risk": {"epochs": 1}}, "minimum_risk.*needs one direction"),
        ({}, {"training": {"bidirectional_epochs": 1}}, "bidirectional_epochs needs one direction"),
        ({}, {"training": {"concatenation": 0.5}}, "concatenation needs one direction"),
        ({}, {"training": {"word_dropout": 0.1}}, "word_dropout needs one direction"),
        (
            {},
            {"vocabulary": {"size": 262}},
            "size must be at least 263, with 2 user-defined symbols, tags and placeholders",
        ),
        ({"corpus": "phrases", "train_source": None, "train_target": None}, {}, "for 0 corpora|give one of"),
    ],
)
def test_keys_that_do_not_fit_are_refused(data, sections, message):
    with pytest.raises(InputError, match=message):
        recipe(data, **sections)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"source_column": [1]}, "source_column must have a column for each corpus of train_pairs"),
        ({"source_column": [1, 2], "target_column": 2}, "must be different columns. Received: 2 for both"),
        ({"source_column": [1, 0]}, "source_column"),
    ],
)
def test_columns_that_do_not_fit_are_refused(columns, message):
    data = {"train_pairs": ["p.tsv", "q.tsv"], "validation_pairs": "v.tsv", **columns}
    with pytest.raises(InputError, match=message):
        recipe_from_dict({"data": data})
