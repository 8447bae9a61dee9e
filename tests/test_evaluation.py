import pytest
import sacrebleu

from keras_transformer.evaluation import TOKENIZERS, SentenceQuality, corpus_scores

TRANSLATIONS = ["The cat sat on the mat.", "He reads, slowly.", ""]
REFERENCES = ["The cat sits on the mat.", "he reads slowly.", "Nothing at all."]


@pytest.mark.parametrize("lowercase", [False, True])
@pytest.mark.parametrize("tokenize", TOKENIZERS)
def test_the_scores_are_sacrebleus(tokenize, lowercase):
    scores = corpus_scores(TRANSLATIONS, REFERENCES, tokenize, lowercase)
    bleu = sacrebleu.corpus_bleu(TRANSLATIONS, [REFERENCES], tokenize=tokenize, lowercase=lowercase)
    chrf = sacrebleu.CHRF(lowercase=lowercase).corpus_score(TRANSLATIONS, [REFERENCES])
    assert scores["bleu"] == pytest.approx(bleu.score, abs=1e-4)
    assert scores["chrf"] == pytest.approx(chrf.score, abs=1e-4)
    assert f"tok:{tokenize}" in scores["signature"]
    assert f"case:{'lc' if lowercase else 'mixed'}" in scores["signature"]


def test_a_perfect_translation_scores_a_hundred():
    scores = corpus_scores(REFERENCES, REFERENCES)
    assert (scores["bleu"], scores["chrf"]) == (100.0, 100.0)


def test_text_that_is_tokenised_already_gives_no_warning(caplog):
    corpus_scores(["a b ."] * 200, ["a b ."] * 200)
    assert not caplog.records


@pytest.mark.parametrize("weight", [0, 0.25, 1])
def test_the_quality_of_a_sentence_is_the_mean_of_its_bleu_and_chrf(weight):
    quality = SentenceQuality(tokenize="none", chrf=weight)
    assert quality("a b c d e", "a b c d e") == pytest.approx(1)
    assert quality("x", "a b c d e") == 0
    # 3 of 4 words, and with one more of each, 3 of 4 pairs, 2 of 3 triples, 1 of 2 quadruples.
    bleu = (3 / 4 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25
    chrf = sacrebleu.CHRF().sentence_score("a b c x", ["a b c d"]).score / 100
    assert quality("a b c x", "a b c d") == pytest.approx((1 - weight) * bleu + weight * chrf)


def test_the_quality_of_a_sentence_ignores_case_where_it_is_told_to():
    assert SentenceQuality(lowercase=True)("a man in berlin", "A man in Berlin") == pytest.approx(1)
    assert SentenceQuality()("a man in berlin", "A man in Berlin") < 0.9


def test_neither_a_short_nor_a_long_translation_has_the_best_quality():
    quality = SentenceQuality()
    reference = "A man in a red shirt rides a bike down the street."
    complete, short, long = (
        quality(text, reference)
        for text in (
            "A man in a red shirt rides a bicycle down the street.",
            "A man in a red shirt.",
            "A man in a red shirt rides a bicycle down the street, the street, the long street of the town.",
        )
    )
    assert complete > max(short, long)
