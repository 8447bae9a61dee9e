import importlib.util

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
