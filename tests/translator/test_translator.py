import numpy as np
import pytest
import tensorflow as tf
from counted_numbers import TEXTS

from keras_transformer.errors import InputError
from keras_transformer.generation import SearchSettings
from keras_transformer.special_tokens import END_ID, START_ID
from keras_transformer.text import Tokenizers
from keras_transformer.translator import Translator


def test_only_the_first_short_text_is_translated_without_a_graph(translator):
    other = Translator(translator.model, translator.tokenizers)
    texts, scores = other.translate(["one two three"], return_scores=True)
    assert not other._generator._functions
    expected, expected_scores = other.translate(["one two three"], return_scores=True)
    assert other._generator._functions
    assert texts == expected
    np.testing.assert_allclose(scores, expected_scores, atol=1e-5)


def test_fixed_batches_have_the_same_search_before_and_after_others(two_vocabularies):
    other = Translator(two_vocabularies.model, two_vocabularies.tokenizers)
    other.translate(["one two three"], fixed_batches=True)
    assert other._generator._functions


def test_order_and_number_are_kept(translator):
    translations = translator.translate(TEXTS)
    assert translations == [translator.translate([text])[0] for text in TEXTS]
    assert "sechs" in translations[0]
    assert translations[1] == translations[5] == ""
    assert len(set(translations)) > 5


@pytest.mark.parametrize("texts", [[], [""], ["", "  "], ["\u200b", "\ufeff\u3000", "\u2028", "\u00a0\t"]])
def test_nothing_gives_nothing(translator, texts):
    assert translator.translate(texts) == [""] * len(texts)
    assert translator.translate(texts, n_best=2, return_scores=True) == (
        [["", ""]] * len(texts),
        [[0.0, 0.0]] * len(texts),
    )


@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_the_batch_size_changes_nothing(translator, batch_size):
    texts, scores = translator.translate(TEXTS, n_best=3, batch_size=batch_size, return_scores=True)
    expected_texts, expected_scores = translator.translate(TEXTS, n_best=3, return_scores=True)
    assert texts == expected_texts
    np.testing.assert_allclose(scores, expected_scores, atol=1e-4)
    pairs = list(zip(TEXTS, [best[0] for best in texts], strict=True))
    np.testing.assert_allclose(translator.score(pairs, batch_size), translator.score(pairs), atol=1e-4)


def test_any_iterable_of_texts_will_do(translator):
    assert translator.translate(text for text in TEXTS) == translator.translate(tuple(TEXTS))


def test_n_best_gives_lists_and_the_best_first(translator):
    texts, scores = translator.translate(TEXTS, n_best=3, return_scores=True)
    assert len(texts) == len(scores) == len(TEXTS)
    assert all(len(row) == 3 for row in texts + scores)
    assert all(row == sorted(row, reverse=True) for row in scores)
    assert [row[0] for row in texts] == translator.translate(TEXTS)
    assert [row[0] for row in scores] == translator.translate(TEXTS, return_scores=True)[1]


@pytest.mark.parametrize("length_penalty", [0.0, 0.6, 1.5])
def test_the_score_of_a_translation_is_its_log_probability_over_the_penalty(translator, tokenizer, length_penalty):
    texts = [text for text in TEXTS if text.strip()]
    translations, scores = translator.translate(texts, length_penalty=length_penalty, return_scores=True)
    lengths = tokenizer.tokenize(translations).row_lengths().numpy() + 1
    log_probabilities = np.array(scores) * ((5 + lengths) / 6) ** length_penalty
    np.testing.assert_allclose(log_probabilities, translator.score(zip(texts, translations, strict=True)), atol=1e-4)


def test_a_log_probability_is_the_sum_over_the_tokens(translator, tokenizer):
    pairs = [("one two", "eins zwei"), ("six", "drei drei drei"), ("ten", "eins zwei drei vier")]
    expected = []
    for source, target in pairs:
        source_ids, labels = ([*tokenizer.tokenize([text]).to_list()[0], END_ID] for text in (source, target))
        inputs = {"source_ids": np.array([source_ids]), "target_ids": np.array([[START_ID, *labels[:-1]]])}
        log_probabilities = tf.nn.log_softmax(translator.model(inputs))[0].numpy()
        expected.append(sum(row[label] for row, label in zip(log_probabilities, labels, strict=True)))
    np.testing.assert_allclose(translator.score(pairs), expected, atol=1e-4)


def test_a_blank_text_scores_as_an_empty_one(translator):
    empty, blank = translator.score([("", "eins"), ("\u200b\u3000", "eins")])
    assert empty == blank


def test_a_better_translation_has_a_higher_log_probability(translator):
    right, wrong = translator.score([("one two", "eins zwei"), ("one two", "drei vier fünf")])
    assert right > wrong
    assert translator.score([]) == []


def test_a_text_that_is_too_long_is_cut_with_a_warning(translator):
    long = "one two three four five six ten " * 5
    message = r"^1 of 3 texts have more than 15 tokens and are cut there. The first begins with 'one two three four"
    with pytest.warns(UserWarning, match=message):
        translations = translator.translate(["one", long, "two"])
    assert translations[::2] == translator.translate(["one", "two"])
    with pytest.warns(UserWarning, match="more than 15 tokens") as caught:
        translator.score([("one", long)])
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("one", r"Expected a list of texts\. Received: the single text 'one'\. Put it into a list\."),
        (b"one", r"Expected a list of texts\. Received: the single text b'one'"),
        (["one", 2], r"Expected texts of type str\. Received: 2\."),
        (["one", None], r"Expected texts of type str\. Received: None\."),
        ([b"one"], r"Expected texts of type str\. Received: b'one'\."),
    ],
)
def test_other_types_than_lists_of_texts_are_refused(translator, texts, message):
    with pytest.raises(ValueError, match=message):
        translator.translate(texts)


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (["ab"], r"Expected a list of pairs \(source, target\)\. Received: 'ab' in the list\."),
        (("one", "eins"), r"Expected a list of pairs \(source, target\)\. Received: 'one' in the list\."),
        ([("one", "eins", "un")], r"Received: \('one', 'eins', 'un'\) in the list\."),
        ([("one", None)], r"Expected texts of type str\. Received: None\."),
    ],
)
def test_other_types_than_lists_of_pairs_are_refused(translator, pairs, message):
    with pytest.raises(ValueError, match=message):
        translator.score(pairs)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"beam_size": 100_000},
            r"`beam_size` must be at most the \d+ tokens of the vocabulary\. Received: beam_size=100000\.",
        ),
        ({"beam_size": 0}, r"`beam_size` must be at least 1\. Received: beam_size=0\."),
        ({"n_best": 0}, r"`n_best` must be at least 1\. Received: n_best=0\."),
        ({"batch_size": 0}, r"`batch_size` must be at least 1\. Received: batch_size=0\."),
        ({"beam_size": 2, "n_best": 3}, r"`n_best` must be at most `beam_size`\. Received: n_best=3, beam_size=2\."),
    ],
)
def test_numbers_out_of_range_are_refused(translator, arguments, message):
    with pytest.raises(InputError, match=message):
        translator.translate(["one"], **arguments)


def test_a_batch_of_no_pairs_is_refused(translator):
    with pytest.raises(InputError, match=r"`batch_size` must be at least 1\. Received: batch_size=0\."):
        translator.score([("one", "eins")], batch_size=0)


def test_settings_replace_separate_arguments(translator):
    settings = SearchSettings(beam_size=3, length_penalty=1.0, n_best=2)
    found = translator.translate(TEXTS, settings=settings, return_scores=True)
    assert found == translator.translate(TEXTS, 3, 1.0, 2, return_scores=True)
    assert translator.translate(TEXTS, settings=SearchSettings(beam_size=3)) == translator.translate(TEXTS, beam_size=3)
    with pytest.raises(ValueError, match="Expected `settings` or separate arguments"):
        translator.translate(TEXTS, beam_size=3, settings=settings)
    with pytest.raises(ValueError, match="Expected `settings` or separate arguments"):
        translator.export_tflite("never.tflite", max_length=8, settings=settings)
    with pytest.raises(ValueError, match="Expected `settings` or separate arguments"):
        translator.export_saved_model("never", n_best=2, settings=settings)


def test_max_length_of_the_settings_cuts_both_sides(translator, tokenizer):
    settings = SearchSettings(max_length=3)
    with pytest.warns(UserWarning, match="1 of 2 texts have more than 2 tokens and are cut there"):
        translations = translator.translate(["six", "one two three"], settings=settings)
    assert max(tokenizer.tokenize(translations).row_lengths().numpy()) <= 2


def test_tokenizers_replace_two_tokenizers(translator, two_vocabularies):
    for each in (translator, two_vocabularies):
        other = Translator(each.model, Tokenizers(each.source_tokenizer, each.target_tokenizer))
        assert other.tokenizers == each.tokenizers
        assert other.translate(TEXTS[:3]) == each.translate(TEXTS[:3])


def test_token_rows_keep_working(translator, tokenizer):
    with pytest.warns(DeprecationWarning, match="use `Translator.tokenizers.encode_source`"):
        rows = translator.token_rows(tokenizer, ["one", " "])
    assert rows == [[*tokenizer.tokenize(["one"]).to_list()[0], END_ID], [END_ID]]


def test_a_tokenizer_of_another_size_is_refused(translator, two_vocabularies):
    other = two_vocabularies.target_tokenizer
    message = r"The {} tokenizer must have as many tokens as the model\. Received: a tokenizer of 280 .* model of 290\."
    with pytest.raises(ValueError, match=message.format("source")):
        Translator(translator.model, other)
    with pytest.raises(ValueError, match=message.format("target")):
        Translator(translator.model, translator.source_tokenizer, other)


def test_a_lone_surrogate_is_shown(translator):
    for call in (
        lambda: translator.translate(["eins", "one \ud800 two"]),
        lambda: translator.translate(["eins", "one \ud800 two"], split_sentences=True),
        lambda: translator.score([("one \ud800 two", "eins")]),
        lambda: translator.score([("eins", "one \ud800 two")]),
    ):
        with pytest.raises(ValueError, match=r"Received: 'one \\ud800 two', with the lone surrogate U\+D800"):
            call()
