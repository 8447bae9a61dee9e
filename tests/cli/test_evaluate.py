import gzip
import json
import lzma

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


@pytest.fixture
def references(trained, tmp_path):
    """Two reference translations."""
    first, second = trained / "validation.de", tmp_path / "second.de"
    second.write_text(first.read_text().replace("sieht", "erblickt"))
    return first, second


@pytest.mark.parametrize("order", ["one option", "two options", "model last", "equals", "before the options"])
def test_several_references_are_given_in_any_way(run, model, trained, references, order):
    source = ["--source", trained / "validation.en"]
    first, second = references
    arguments = {
        "one option": [model, *source, "--reference", first, second],
        "two options": [model, "--reference", first, *source, "--reference", second],
        "model last": [*source, "--lowercase", "--reference", first, second, model],
        "equals": [f"--reference={first}", second, *source, model],
        "before the options": [*source, model, "--reference", first, second, "--beam-size", 4],
    }[order]
    result = run("evaluate", *arguments)
    assert (result.status, result.errors) == (0, "")
    assert "nrefs:2" in json.loads(result.output)["signature"]


def test_the_model_can_follow_one_reference(run, model, trained):
    source, reference = trained / "validation.en", trained / "validation.de"
    result = run("evaluate", "--source", source, "--reference", reference, model)
    assert "nrefs:1" in json.loads(result.output)["signature"]


def test_ter_is_printed_on_request(evaluate):
    scores = json.loads(evaluate("--metrics", "bleu, chrf,TER").output)
    assert list(scores) == ["bleu", "chrf", "ter", "signature", "ter_signature", "sentences", "seconds"]
    assert list(json.loads(evaluate("--metrics", "chrf").output)) == ["chrf", "signature", "sentences", "seconds"]
    evaluate("--metrics", "bleu,comet").assert_one_error(
        "'bleu,comet' is not a comma-separated list of bleu, chrf, ter"
    )


def test_another_output_is_compared(evaluate, trained, references):
    scores = json.loads(evaluate("--compare", references[1]).output)
    assert list(scores) == ["bleu", "chrf", "signature", "sentences", "seconds", "compare"]
    assert list(scores["compare"]) == ["samples", "bleu", "chrf"]
    bleu = scores["compare"]["bleu"]
    assert bleu["score"] == scores["bleu"]
    assert bleu["interval"][0] <= bleu["score"] <= bleu["interval"][1]
    assert 0 <= bleu["p_value"] <= 1


def test_compressed_files_are_compared(evaluate, references, tmp_path):
    expected = json.loads(evaluate("--compare", references[1]).output)
    packed = [tmp_path / "reference", tmp_path / "other"]
    for path, file, compress in zip(packed, references, (lzma.compress, gzip.compress)):
        path.write_bytes(compress(file.read_bytes()))
    found = json.loads(evaluate("--compare", packed[1], reference=packed[0]).output)
    assert {**found, "seconds": 0} == {**expected, "seconds": 0}


def test_an_output_of_another_length_is_not_compared(evaluate, tmp_path):
    short = tmp_path / "short"
    short.write_text("eins\n")
    evaluate("--compare", short).assert_one_error("has 16", f"{short} has 1.")


def test_a_missing_option_is_named(run, model):
    run("evaluate", model, "--source", "x").assert_one_error("Missing option '--reference'.")
