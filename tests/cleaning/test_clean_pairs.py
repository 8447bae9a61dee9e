import re

import hypothesis
import pytest
from hypothesis import strategies as st

from keras_transformer.cleaning import CleaningReport, CleaningSettings, clean_pairs
from keras_transformer.cleaning.character_scripts import count_scripts, scripts_of_language
from keras_transformer.cleaning.language_classifier import classifier_label, related_labels
from keras_transformer.cleaning.seen_texts import SeenTexts
from keras_transformer.errors import InputError

TEXTS = st.one_of(
    st.text(),
    st.sampled_from(["a dog runs", "ein Hund läuft", "Ã¼", "<b>x</b>", "개가 달린다", "\udcff", "", "1", "?"]),
)


@hypothesis.given(st.lists(st.tuples(TEXTS, TEXTS)), st.booleans(), st.booleans())
@hypothesis.settings(deadline=None, max_examples=60)
def test_kept_and_dropped_pairs_are_the_input_in_order(pairs, unique_source, unique_target):
    report = CleaningReport()
    settings = CleaningSettings("en", "de", unique_source=unique_source, unique_target=unique_target)
    checked = list(clean_pairs(pairs, settings, report))
    assert [(each.source, each.target) for each in checked] == pairs
    assert [each.number for each in checked] == list(range(1, len(pairs) + 1))
    assert all((each.rule is None) == (each.reason is None) for each in checked)
    kept = [(each.source, each.target) for each in checked if each.rule is None]
    assert report.pairs == len(pairs)
    assert report.kept == len(kept)
    assert report.kept + report.num_dropped == report.pairs
    assert {rule for rule, count in report.dropped.items() if count} == set(report.examples)
    # Kept pairs are kept again, because no rule depends on the dropped ones, except for facts of the corpus.
    settings = CleaningSettings("en", "de", without=["length_ratio", "markup"], unique_source=unique_source)
    assert all(each.rule is None for each in clean_pairs(kept, settings))


@hypothesis.given(st.lists(st.text(max_size=3)))
@hypothesis.settings(deadline=None, max_examples=50)
def test_seen_texts_are_a_set(texts):
    seen, expected = SeenTexts(), set()
    for text in texts:
        assert seen.add(text) == (text not in expected)
        expected.add(text)
    assert len(seen) == len(expected)


def test_seen_texts_grow_within_16_bytes_per_text():
    seen = SeenTexts()
    assert all(seen.add(f"text {number}") for number in range(20_000))
    assert not any(seen.add(f"text {number}") for number in range(20_000))
    assert len(seen._slots) * 8 <= 16 * 20_000


def test_the_report_has_an_example_of_each_rule():
    pairs = [("A dog runs.", "Ein Hund läuft."), ("A cat.", ""), ("A tree.", ""), ("A dog runs.", "Ein Hund läuft.")]
    report = CleaningReport()
    list(clean_pairs(pairs, CleaningSettings("en", "de"), report))
    content = report.to_dict()
    assert (content["pairs"], content["kept"], content["dropped"]) == (4, 1, 3)
    assert content["rules"]["empty"] == {
        "dropped": 2,
        "example": {"pair": 2, "reason": "the target is empty", "source": "A cat.", "target": ""},
    }
    assert content["rules"]["duplicate"]["dropped"] == 1
    assert content["rules"]["duplicate_source"] == {"dropped": 0, "note": "not requested"}
    assert re.search(r"^empty +2  pair 2: the target is empty$", str(report), re.MULTILINE)
    assert re.search(r"^kept +1  of 4 pairs$", str(report), re.MULTILINE)


def test_an_unknown_language_is_noted():
    report = CleaningReport()
    list(clean_pairs([("nuqneH", "Hello there.")], CleaningSettings("tlh", "en"), report))
    assert "does not support the language tlh" in report.notes["language"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"source_language": "eng"}, "`source_language`: expected the shorter language tag en"),
        ({"without": ["colour"]}, "expected one of empty, .* Received: 'colour'"),
        ({"without": "markup"}, "must be a list"),
        ({"max_length_ratio": 1.0}, "must be above 1. Received: 1.0"),
    ],
)
def test_wrong_settings_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        CleaningSettings(**arguments)


def test_scripts_of_characters_and_languages():
    assert count_scripts("Ａbc ﾊﾝ 漢字 ひ µ ª 1") == {"Latn": 3, "Kana": 2, "Hani": 2, "Hira": 1}
    assert scripts_of_language("ja") == {"Hani", "Hira", "Kana"}
    assert scripts_of_language("sr") == {"Cyrl", "Latn"}
    assert scripts_of_language("sr-Latn-RS") == {"Latn"}
    assert scripts_of_language("zh-Hant") == {"Hani"}
    assert scripts_of_language("pt-BR") == {"Latn"}
    assert scripts_of_language("tlh") == frozenset()


def test_labels_of_the_classifier():
    assert classifier_label("nb") == "no"
    assert classifier_label("zh-Hant-TW") == "zh"
    assert classifier_label("tlh") is None
    assert related_labels("hr") == {"bs", "hr", "sh", "sr"}
    assert related_labels("fr") == {"fr"}
