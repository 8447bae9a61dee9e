import importlib.util
import os

import pytest

pytestmark = pytest.mark.usefixtures("warm")


@pytest.fixture
def shard(tmp_path):
    path = tmp_path / "corpus" / "part.txt"
    path.parent.mkdir()
    path.write_text("the cat sees bread .\n\nthe dog\n")
    return path


def test_the_command_translates_shards_and_prints_the_folder(run, model, translator, shard, tmp_path):
    result = run("translate-corpus", model, shard.parent / "*", tmp_path / "out", "--beam-size", 2)
    assert (result.status, result.lines) == (0, [str(tmp_path / "out")])
    assert result.errors.startswith("Translated 1 shards, 3 lines in ")
    expected = translator.translate(["the cat sees bread .", "", "the dog"], beam_size=2)
    assert (tmp_path / "out" / "part.txt").read_text().splitlines() == expected
    again = run("translate-corpus", model, shard.parent / "*", tmp_path / "out", "--beam-size", 2)
    assert again.errors.startswith("1 of 1 shards are done already.\nTranslated 0 shards, 0 lines in ")


def test_a_damaged_shard_is_one_line(run, model, shard, tmp_path):
    shard.write_bytes(b"\xff\n")
    result = run("translate-corpus", model, shard, tmp_path / "out")
    result.assert_one_error("part.txt, line 1: expected UTF-8")


def test_options_of_ray_need_the_engine(run, model, shard, tmp_path):
    result = run("translate-corpus", model, shard, tmp_path / "out", "--workers", 2)
    result.assert_one_error("need --engine ray")
    assert not (tmp_path / "out").exists()


def test_a_missing_engine_names_its_extra(run, model, shard, tmp_path, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ray" else found(name))
    result = run("translate-corpus", model, shard, tmp_path / "out", "--engine", "ray")
    result.assert_one_error("ray is not installed: pip install ray", 'the extra "ray"')
    assert not (tmp_path / "out").exists()


def test_a_missing_model_is_one_line(run, shard, tmp_path):
    result = run("translate-corpus", tmp_path / "none", shard, tmp_path / "out")
    result.assert_one_error("expected a model folder, but it does not exist")
    assert not (tmp_path / "out").exists()


def test_the_options_are_those_of_translate(run, model, shard, tmp_path):
    options = ("--sample", "--seed", 3, "--temperature", 3, "--top-p", 0.9, "--no-repeat-ngram", 2, "--min-length", 2)
    result = run("translate-corpus", model, shard, tmp_path / "out", *options)
    assert result.status == 0, result.errors
    expected = run("translate", model, "--input", shard, *options).lines
    # Samples can have control characters, which `splitlines` takes for line ends.
    assert (tmp_path / "out" / "part.txt").read_text(encoding="utf-8").split("\n")[:-1] == expected
    other = run("translate-corpus", model, shard, tmp_path / "out", *options[:2], 4)
    other.assert_one_error("has translations with", "Use the same settings or another folder.")


def test_a_glossary_in_a_pipe_is_refused(run, model, shard, tmp_path):
    pipe = tmp_path / "terms.tsv"
    os.mkfifo(pipe)
    result = run("translate-corpus", model, shard, tmp_path / "out", "--glossary", pipe)
    result.assert_one_error(f"{pipe}: expected a file", "Received: a pipe.")
    assert not (tmp_path / "out").exists()


def test_several_models_are_an_ensemble(run, model, translator, shard, tmp_path):
    result = run("translate-corpus", model, model, shard.parent / "*", tmp_path / "out", "--beam-size", 2)
    assert (result.status, result.lines) == (0, [str(tmp_path / "out")])
    expected = translator.translate(["the cat sees bread .", "", "the dog"], beam_size=2)
    assert (tmp_path / "out" / "part.txt").read_text().splitlines() == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--sample", "--beam-size", 4), "--sample draws each token, without a beam. Remove --beam-size."),
        (("--top-k", 2), "--top-k needs --sample."),
        (("--min-length", 40), "`min_length` must be below `max_length`"),
        (("--shortlist",), "shortlist"),
        (("--glossary", "missing.tsv"), "missing.tsv: No such file or directory."),
        (("--target-language", "fr"), "target language: expected a language of de. Received: 'fr'"),
    ],
)
def test_wrong_options_are_one_line(run, model, shard, tmp_path, options, message):
    run("translate-corpus", model, shard, tmp_path / "out", *options).assert_one_error(message)
    assert not (tmp_path / "out").exists()


def test_a_glossary_needs_symbols(run, model, shard, tmp_path):
    (tmp_path / "terms.tsv").write_text("cat\tKatze\n")
    result = run("translate-corpus", model, shard, tmp_path / "out", "--glossary", tmp_path / "terms.tsv")
    result.assert_one_error("a glossary needs a model with symbols for terms")


def test_a_pattern_that_the_shell_expanded_is_one_line(run, model, shard, tmp_path):
    (shard.parent / "other.txt").write_text("the dog\n")
    result = run("translate-corpus", model, *sorted(shard.parent.iterdir()), tmp_path / "out")
    result.assert_one_error("other.txt: expected a model folder, but it is a file. Quote the pattern of the corpus")
