"""Tags of the target's language: their names, the choice of a language, and the direction of a model."""

import pytest

from keras_transformer.errors import InputError
from keras_transformer.models import TransformerConfig
from keras_transformer.text import TextFacts, Tokenizers, learn_vocabulary
from keras_transformer.text.direction import Direction
from keras_transformer.text.target_tags import find_target_tag, target_tag, target_tags

DIRECTIONS = (("de", "en"), ("fr", "en"), ("en", "de"), ("en", "zh-Hant"))


@pytest.fixture(scope="module")
def tokenizer():
    symbols = ["<2en>", "<2de>", "<2zh-Hant>", "<2deu>", "<2DE>", "<2>", "2en"]
    return learn_vocabulary(["a small text", "another one"], user_defined_symbols=symbols)


@pytest.fixture(scope="module")
def model(tokenizer):
    """Config, tokenizers and facts of a model of several directions."""
    config = TransformerConfig(
        vocabulary_size=tokenizer.vocabulary_size, hidden_dim=8, num_heads=2, source_prefix=tokenizer.symbols["<2en>"]
    )
    return config, Tokenizers(tokenizer), TextFacts("de", "en", directions=DIRECTIONS)


def chosen(model, source=None, target=None):
    """Returns the tag, the source and the target of a direction."""
    config, texts = Direction(source, target).applied(*model)
    return model[1].source.token(config.source_prefix), texts.source_language, texts.target_language


def test_tags_are_user_defined_symbols_of_canonical_languages(tokenizer):
    assert [token.code for token in target_tags(tokenizer)] == ["en", "de", "zh-Hant"]
    assert [target_tag(token.tag) for token in target_tags(tokenizer)] == ["<2en>", "<2de>", "<2zh-Hant>"]
    assert target_tags(learn_vocabulary(["a small text", "another one"])) == []


@pytest.mark.parametrize(
    ("language", "code"), [("de", "de"), ("de-AT", "de"), ("zh-Hant", "zh-Hant"), ("zh", "zh-Hant")]
)
def test_a_language_is_found_by_its_tag_or_its_main_language(tokenizer, language, code):
    assert find_target_tag(tokenizer, language).code == code


def test_a_language_that_the_vocabulary_lacks_is_refused_with_the_others(tokenizer):
    with pytest.raises(InputError, match=r"expected a language of en, de, zh-Hant. Received: 'fr', the model does not"):
        find_target_tag(tokenizer, "fr")
    several = learn_vocabulary(["a small text", "another one"], user_defined_symbols=["<2pt-PT>", "<2pt-BR>"])
    with pytest.raises(InputError, match="Received: 'pt', the tag of several languages"):
        find_target_tag(several, "pt")


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (None, None, ("<2en>", "de", "en")),
        (None, "en", ("<2en>", "de", "en")),
        (None, "de", ("<2de>", "en", "de")),
        (None, "zh", ("<2zh-Hant>", "en", "zh-Hant")),
        ("fr", None, ("<2en>", "fr", "en")),
        ("fr", "de", ("<2de>", "fr", "de")),  # Trained on neither pair, but on both languages.
        ("DE", "zh-hant", ("<2zh-Hant>", "de", "zh-Hant")),
    ],
)
def test_the_target_chooses_the_tag_and_the_source(model, source, target, expected):
    assert chosen(model, source, target) == expected


@pytest.mark.parametrize(
    ("languages", "message"),
    [
        ({"target": "fr"}, r"target language: expected a language of en, de, zh-Hant. Received: 'fr'"),
        ({"source": "ja"}, r"source language: expected a language of de, fr, en. Received: 'ja'"),
        ({"target": "eng_Latn"}, "target language: .*'eng_Latn'"),
        ({"target": "deu"}, "target language: expected the shorter language tag de. Received: 'deu'"),
    ],
)
def test_a_language_that_the_model_lacks_is_one_line(model, languages, message):
    with pytest.raises(InputError, match=message):
        Direction(**languages).applied(*model)


def test_facts_keep_different_directions():
    facts = TextFacts("ko", "en", directions=[["KO", "en"], [None, "pt-br"], ["ko", "en"]])
    assert facts.directions == (("ko", "en"), (None, "pt-BR"))
    assert TextFacts(**facts.to_dict()) == facts
    for directions in (["ko"], [["ko", None]], [["ko", "en", "de"]], 3):
        with pytest.raises(ValueError, match="`directions` must be pairs of language tags"):
            TextFacts(directions=directions)
