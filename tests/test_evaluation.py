import pytest
import sacrebleu

from keras_transformer.evaluation import TOKENIZERS, corpus_scores

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
