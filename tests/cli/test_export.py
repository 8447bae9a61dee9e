import json
import pathlib
import shutil

import pytest


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_training_keeps_validation_sentences(model, trained):
    for kept, original in (("validation.source.txt", "validation.en"), ("validation.target.txt", "validation.de")):
        assert (model / kept).read_text() == (trained / original).read_text()


@pytest.mark.slow
def test_a_saved_model_gets_the_first_version_of_the_models_name(run, model, folder):
    result = run("export", model, "--format", "saved_model", "--beam-size", "2", "--n-best", "2")
    assert result.status == 0, result.errors
    assert result.lines[-1] == "saved_models/model/1"
    assert any(line.split() == ["identical", "translations", "16", "of", "16"] for line in result.lines)
    version = folder / "saved_models" / "model" / "1"
    assert {file.name for file in version.iterdir()} >= {"saved_model.pb", "README.md", "verification.json"}
    record = json.loads((version / "verification.json").read_text())
    assert record["search"] == {"beam_size": 2, "length_penalty": 0.6, "max_length": 40}
    assert record["bleu"]["model"] == record["bleu"]["artifact"]


@pytest.mark.slow
def test_a_tflite_file_is_proven_on_a_text_of_ones_own(run, model, trained, folder):
    output = folder / "out" / "en_de.tflite"
    arguments = ["--output", output, "--beam-size", "1", "--verify", trained / "train.en", "--no-text-signature"]
    result = run("export", model, "--format", "tflite", *arguments)
    assert result.status == 0, result.errors
    assert result.lines[-1] == str(output)
    record = json.loads((output.parent / "verification.json").read_text())
    assert (record["sentences"], record["identical"], record["bleu"]) == (64, 64, None)


@pytest.mark.slow
def test_a_quantised_file_is_judged_by_the_sentences_kept(run, model, trained, folder):
    arguments = ["--format", "tflite", "--quantize", "int8", "--beam-size", "1", "--verify", trained / "train.en"]
    result = run("export", model, *arguments, "--max-bleu-loss", "-100")
    assert result.status == 1
    assert any(line.split() == ["sentences", "80", "80"] for line in result.lines)
    assert any(line.startswith("BLEU (16 references)") for line in result.lines)
    assert "-100.0 are allowed" in result.errors
    assert not (folder / "saved_models").exists()


@pytest.mark.slow
def test_a_ctranslate2_folder_has_greedy_translations_of_the_model(run, model, trained, folder):
    pytest.importorskip("ctranslate2", reason="the extra `ctranslate2` is not installed")
    arguments = ["--format", "ctranslate2", "--verify", trained / "train.en", "--reference", trained / "train.de"]
    result = run("export", model, *arguments)
    assert result.status == 0, result.errors
    written = folder / "saved_models" / "model-ctranslate2"
    assert {file.name for file in written.iterdir()} >= {"model.bin", "tokenizer.model", "README.md"}
    record = json.loads((written / "verification.json").read_text())
    assert (record["identical"], record["search"]["beam_size"]) == (64, 1)
    assert record["greatest_score_difference"] < 1e-3
    run("export", model, *arguments).assert_one_error("exists already and is not overwritten")


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--format", "saved_model", "--quantize", "int8"], "--quantize needs --format tflite or "),
        (["--format", "saved_model", "--text"], "--text needs --format tflite"),
        (["--format", "saved_model", "--no-text-signature"], "--no-text-signature needs --format tflite"),
        (["--format", "tflite", "--text", "--text-signature"], "`text` and `text_signature` exclude each other"),
        (["--format", "tflite", "--n-best", "2"], "--n-best needs --format saved_model"),
        (["--format", "tflite", "--litert", "folder"], "--litert needs --format web"),
        (["--format", "web", "--no-text-signature"], "--no-text-signature needs --format tflite"),
        (["--format", "web", "--litert", "none"], "none: expected a folder with node_modules/@litertjs/core"),
        (["--format", "saved_model", "--n-best", "5"], "--n-best must be at most --beam-size. Received: 5 and 4."),
        (["--format", "tflite", "--max-length", "300"], "`max_length` must be from 2 to the model's 40"),
        (["--format", "tflite", "--output", "a.lite"], "must be named NAME.tflite"),
        (["--format", "tflite", "--verify", "missing.txt"], "missing.txt: No such file"),
        (["--format", "tflite", "--reference", "a.txt"], "--reference needs --verify"),
        (["--format", "tflite", "--length-penalty", "nan"], "'--length-penalty': nan is not from -5 to 5"),
        (["--format", "tflite", "--max-bleu-loss", "nan"], "--max-bleu-loss must be a finite number"),
        (["--format", "no_format"], "'no_format' is not one of"),
        ([], "Missing option '--format'"),
    ],
    ids=str,
)
def test_bad_arguments_are_refused_before_any_work(run, model, folder, arguments, message):
    run("export", model, *arguments).assert_one_error(message)
    assert list(folder.glob("saved_models/*")) == []


@pytest.mark.parametrize("artifact_format, has_note", [("argos", True), ("onnx", False)])
def test_a_maximum_length_that_is_not_stored_has_a_note(run, model, folder, artifact_format, has_note):
    result = run("export", model, "--format", artifact_format, "--max-length", "32", "--reference", "a.txt")
    assert result.status == 2
    assert ("uses its own beam search, with the options of each call" in result.errors) == has_note


def test_an_existing_version_is_not_overwritten(run, model, folder):
    (folder / "served" / "3").mkdir(parents=True)
    (folder / "served" / "3" / "saved_model.pb").write_bytes(b"mine")
    result = run("export", model, "--format", "saved_model", "--output", "served/3")
    result.assert_one_error("served/3 exists already and is not overwritten")
    assert (folder / "served" / "3" / "saved_model.pb").read_bytes() == b"mine"


def test_an_empty_text_to_compare_on_is_refused(run, model, folder):
    pathlib.Path("empty.txt").write_text("")
    run("export", model, "--format", "tflite", "--verify", "empty.txt").assert_one_error("empty.txt: the file is empty")


def test_a_model_without_kept_sentences_asks_for_some(run, model, folder):
    shutil.copytree(model, "copy", ignore=shutil.ignore_patterns("validation.*"))
    result = run("export", "copy", "--format", "tflite")
    result.assert_one_error("has no validation sentences", "--verify FILE")
    pathlib.Path("text.txt").write_text("the cat\n")
    result = run("export", "copy", "--format", "tflite", "--quantize", "int8", "--verify", "text.txt")
    result.assert_one_error("checked by BLEU, which needs a reference")


def test_a_model_named_by_a_number_needs_an_output(run, model, folder):
    shutil.copytree(model, "7")
    run("export", "7", "--format", "saved_model").assert_one_error("a folder named 7 would be a version", "--output")
