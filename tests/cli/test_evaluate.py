import json

import pytest
import sacrebleu

pytestmark = pytest.mark.usefixtures("warm")


@pytest.fixture
def evaluate(run, model, trained):
    def evaluate(*options, source=trained / "validation.en", reference=trained / "validation.de"):
        return run("evaluate", model, "--source", source, "--reference", reference, *options)

    return evaluate


def test_the_scores_are_sacrebleus(evaluate, trained, translator):
    result = evaluate()
    scores = json.loads(result.output)
    assert (result.status, result.errors, len(result.lines)) == (0, "", 1)
    assert list(scores) == ["bleu", "chrf", "signature", "sentences", "seconds"]
    sources, references = ((trained / f"validation.{side}").read_text().splitlines() for side in ("en", "de"))
    translations = translator.translate(sources)
    assert scores["bleu"] == pytest.approx(sacrebleu.corpus_bleu(translations, [references]).score, abs=1e-4)
    assert scores["chrf"] == pytest.approx(sacrebleu.corpus_chrf(translations, [references]).score, abs=1e-4)
    assert "tok:13a" in scores["signature"]
    assert scores["sentences"] == len(sources)
    assert scores["seconds"] > 0


def test_tokenization_and_case_are_the_users_choice(evaluate):
    signature = json.loads(evaluate("--tokenize", "none", "--lowercase").output)["signature"]
    assert "tok:none" in signature
    assert "case:lc" in signature


def test_files_of_different_lengths_are_refused(evaluate, tmp_path):
    short = tmp_path / "short"
    short.write_text("eins\n")
    evaluate(reference=short).assert_one_error("has 16", f"{short} has 1.")


def test_an_empty_file_is_refused(evaluate, tmp_path):
    empty = tmp_path / "empty"
    empty.touch()
    evaluate(source=empty, reference=empty).assert_one_error(f"{empty}: the file is empty.")


def test_an_unknown_tokenization_is_refused(evaluate):
    evaluate("--tokenize", "14a").assert_one_error("'14a' is not one of '13a', 'none'")


def test_a_missing_option_is_named(run, model):
    run("evaluate", model, "--source", "x").assert_one_error("Missing option '--reference'.")
