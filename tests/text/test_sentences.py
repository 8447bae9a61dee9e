import importlib.util
import unicodedata

import pytest

from keras_transformer.errors import InputError
from keras_transformer.text import TextFacts, split_sentences
from keras_transformer.text.sentences import (
    check_languages,
    may_be_several_sentences,
    sentence_joiner,
    translate_sentences,
)

PARAGRAPHS = [
    ("en", ["Dr. Smith came at 3 p.m. on Monday.", "He left soon.", "Why?"]),
    ("en-GB", ["The price rose by 3.5 percent.", "Nobody knows why!"]),
    ("de", ["Das gilt z. B. für Hunde.", "Für Katzen gilt es am 3. Oktober."]),
    ("zh-Hant", ["我昨天去了咖啡馆。", "价格上涨了3.5%。"]),
    ("ja", ["昨日カフェに行きました。", "本当ですか？"]),
    ("ko", ["나는 어제 카페에 갔다.", "가격이 3.5퍼센트 올랐습니다."]),
    ("ko", ["저는 학생입니다", "한국어를 공부합니다"]),
    ("fr", ["Il est venu.", "Il est parti."]),
    ("ar", ["كيف حالك؟", "أنا بخير."]),
    ("ur", ["آپ کیسے ہیں؟", "میں ٹھیک ہوں۔", "شکریہ۔"]),
    ("hi", ["यह है।", "वह है॥", "वह कौन है?"]),
]


@pytest.mark.parametrize(("language", "sentences"), PARAGRAPHS)
def test_a_paragraph_is_split(language, sentences):
    assert split_sentences(sentence_joiner(language).join(sentences), language) == sentences


@pytest.mark.parametrize("language", ["en", "ko", "ja"])
@pytest.mark.parametrize("text", ["", "  ", "\u3000"])
def test_blank_text_has_no_sentence(language, text):
    assert split_sentences(text, language) == []


@pytest.mark.parametrize("language", ["en", "ko", "ja"])
@pytest.mark.parametrize("text", ["...", "a", "😀😀 b. 😀", "\0", "a\u2028b", "(", "“"])
def test_strange_text_loses_nothing_but_space(language, text):
    def without_space(string):
        return "".join(string.split())

    assert without_space("".join(split_sentences(text, language))) == without_space(text)


@pytest.mark.parametrize(("language", "package"), [("en", "sentencex"), ("ko", "kiwipiepy")])
def test_a_missing_package_names_the_extra(monkeypatch, language, package):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    message = f'{package} is not installed: pip install kiwipiepy sentencex .*"sentences"'
    with pytest.raises(InputError, match=message):
        split_sentences("One. Two.", language)
    with pytest.raises(InputError, match=message):
        check_languages(TextFacts(language, "de"))


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (TextFacts(), "needs the source and the target language.*--source-language and --target-language"),
        (TextFacts("en"), "needs the target language.*--target-language, such as"),
    ],
)
def test_an_unknown_language_is_named(facts, message):
    with pytest.raises(InputError, match=message):
        check_languages(facts)


@pytest.mark.parametrize(("target", "joiner"), [("de", " "), ("ko", " "), ("zh-Hans", ""), ("ja", "")])
def test_translations_are_joined_and_scores_added(target, joiner):
    def translate(sentences):
        return [f"<{sentence}>" for sentence in sentences], [-float(len(sentence)) for sentence in sentences]

    texts = ["A dog. A cat.", "", "One."]
    translations, scores = translate_sentences(translate, texts, TextFacts("en", target))
    assert translations == [f"<A dog.>{joiner}<A cat.>", "", "<One.>"]
    assert scores == [-12.0, 0.0, -4.0]


def test_a_language_token_is_put_before_each_sentence():
    received, pairs = [], []

    def translate(sentences):
        received.extend(sentences)
        return [sentence.lower() for sentence in sentences], [-1.0] * len(sentences)

    texts = [">>fra<<  A dog. A cat.", ">>xxx<< A dog. A cat.", "A >>fra<< dog."]
    translate_sentences(translate, texts, TextFacts("en", "fr"), pairs, lambda text: text == ">>fra<<")
    assert received == [">>fra<< A dog.", ">>fra<< A cat.", ">>xxx<< A dog.", "A cat.", "A >>fra<< dog."]
    assert pairs[0] == [("A dog.", ">>fra<< a dog."), ("A cat.", ">>fra<< a cat.")]


@pytest.mark.parametrize(("language", "sentences"), PARAGRAPHS)
def test_several_sentences_are_detected_by_their_ends(language, sentences):
    has_ends = "학생" not in sentences[0]
    assert may_be_several_sentences(sentence_joiner(language).join(sentences)) == has_ends
    assert not may_be_several_sentences(sentences[1])


@pytest.mark.parametrize(
    "text", ["அவன் வந்தான். அவள் போனாள்.", "वह घर आया. वह सो गया.", unicodedata.normalize("NFD", "Il est allé. Oui.")]
)
def test_ends_after_combining_signs_are_detected(text):
    assert may_be_several_sentences(text)
    assert not may_be_several_sentences(text[: text.index(".") + 1])


@pytest.mark.parametrize("text", ["Version 3.5", "www.example.com", "Wirklich?!", "真的吗？！", "", "「来ますか？」"])
def test_one_sentence_is_not_taken_for_several(text):
    assert not may_be_several_sentences(text)
