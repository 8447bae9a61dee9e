import pytest

from keras_transformer.text import TextFacts
from keras_transformer.text.languages import language_tag, main_language


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("ko", "ko"),
        ("EN", "en"),
        ("pt-br", "pt-BR"),
        ("ZH-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("zh-yue", "zh-yue"),
        ("de-1996", "de-1996"),
        ("sl-rozaj-biske", "sl-rozaj-biske"),
        ("de-DE-u-co-phonebk", "de-DE-u-co-phonebk"),
        ("en-x-Twain", "en-x-twain"),
    ],
)
def test_a_tag_has_its_usual_form(text, tag):
    assert language_tag(text) == tag


@pytest.mark.parametrize(
    "text", ["", "k", "zh_CN", "Korean language", "ko-", "-ko", "ko-k", "한국어", "en-US-US-US", "ko\n"]
)
def test_text_that_is_no_tag_is_refused(text):
    with pytest.raises(ValueError, match=r"expected a language tag of BCP 47, such as ko"):
        language_tag(text)


def test_the_language_of_a_tag_is_its_first_part():
    assert main_language("zh-Hant-TW") == "zh"


def test_facts_keep_known_values():
    facts = TextFacts("KO", longest_source=40)
    assert facts.to_dict() == {"source_language": "ko", "longest_source": 40}
    assert TextFacts().to_dict() == {}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"source_language": "zh_CN"}, "`source_language`: expected a language tag of BCP 47"),
        ({"target_language": ["en"]}, "`target_language`: "),
        ({"longest_source": 0}, "`longest_source` must be a positive whole number"),
        ({"longest_source": True}, "`longest_source` must be a positive whole number"),
    ],
)
def test_facts_that_are_none_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        TextFacts(**fields)


@pytest.mark.parametrize(("text", "expected"), [("kor", "ko"), ("jpn", "ja"), ("ENG", "en"), ("zho-Hant", "zh")])
def test_a_code_that_has_a_shorter_form_is_refused(text, expected):
    with pytest.raises(ValueError, match=f"the shorter language tag {expected}"):
        language_tag(text)


@pytest.mark.parametrize("text", ["korean", "english", "german"])
def test_the_name_of_a_language_is_no_tag(text):
    with pytest.raises(ValueError, match="expected a language tag"):
        language_tag(text)
