"""The command `shortlist`, and the option `--shortlist` of `translate` and `export`."""

import json
import shutil

import pytest

from keras_transformer.cli import main as command_line
from keras_transformer.translator import Translator

TEXTS = ["the cat sees bread .", "a man likes the house .", "", "the child buys an apple ."]
LINES = "".join(text + "\n" for text in TEXTS).encode()


@pytest.fixture(scope="module")
def with_shortlist(trained, tmp_path_factory):
    folder = shutil.copytree(trained / "model", tmp_path_factory.mktemp("shortlist") / "model")
    files = ("--source", trained / "train.en", "--target", trained / "train.de")
    assert command_line.main([str(argument) for argument in ("shortlist", folder, *files, "--frequent", 1000)]) == 0
    return folder


def test_translations_with_a_shortlist_of_all_tokens_are_the_same(run, with_shortlist, translator):
    found = run("translate", with_shortlist, "--shortlist", "--beam-size", 2, stdin=LINES)
    assert found.lines == translator.translate(TEXTS, beam_size=2)


def test_a_model_without_a_shortlist_is_one_error(run, model):
    run("translate", model, "--shortlist", stdin=LINES).assert_one_error(
        "The model has no shortlist", "shortlist MODEL"
    )


def test_a_model_of_several_directions_has_a_note(run, trained, tmp_path):
    folder = shutil.copytree(trained / "model", tmp_path / "model")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["model"]["target_prefix"] = 10
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    result = run("shortlist", folder, "--source", trained / "train.en", "--target", trained / "train.de")
    assert result.status == 0
    assert "The shortlist is for the directions of these pairs." in result.errors


def test_sampling_and_other_formats_are_refused(run, with_shortlist, tmp_path):
    run("translate", with_shortlist, "--shortlist", "--sample", stdin=LINES).assert_one_error("excludes `sample`")
    arguments = ("--shortlist", "--output", tmp_path / "m.tflite")
    run("export", with_shortlist, "--format", "tflite", *arguments).assert_one_error("does not support `shortlist`")


@pytest.mark.slow
def test_a_saved_model_has_the_shortlist(run, with_shortlist, tmp_path):
    result = run("export", with_shortlist, "--format", "saved_model", "--shortlist", "--output", tmp_path / "served")
    assert result.status == 0, result.errors
    assert "shortlist True" in (tmp_path / "served" / "1" / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_ctranslate2_has_the_vocabulary_map(run, with_shortlist, tmp_path):
    ctranslate2 = pytest.importorskip("ctranslate2", reason="the extra `ctranslate2` is not installed")
    result = run("export", with_shortlist, "--format", "ctranslate2", "--output", tmp_path / "folder")
    assert result.status == 0, result.errors
    tokenizer = Translator.load(with_shortlist).source_tokenizer
    row = [tokenizer.all_tokens()[token] for token in tokenizer.tokenize([TEXTS[0]]).to_list()[0]]
    runner = ctranslate2.Translator(str(tmp_path / "folder"))
    with_map, without = (
        runner.translate_batch([row], use_vmap=is_on, beam_size=1)[0].hypotheses for is_on in (True, False)
    )
    assert with_map == without
