import pytest

pytestmark = pytest.mark.usefixtures("warm")


def test_every_pair_has_its_log_probability(run, model, trained, translator):
    files = [trained / "validation.en", trained / "validation.de"]
    result = run("score", model, "--source", files[0], "--target", files[1])
    assert (result.status, result.errors) == (0, "")
    pairs = list(zip(*(file.read_text().splitlines() for file in files), strict=True))
    assert result.lines == [f"{score:.4f}" for score in translator.score(pairs)]


def test_files_of_different_lengths_are_refused(run, model, trained, tmp_path):
    short = tmp_path / "short"
    short.write_text("one\ntwo\n")
    result = run("score", model, "--source", short, "--target", trained / "validation.de")
    result.assert_one_error(f"{short} has 2", "has 16.")


def test_a_line_that_is_no_utf8_is_named(run, model, tmp_path):
    path = tmp_path / "latin1"
    path.write_bytes(b"one\nB\xe4ume\n")
    run("score", model, "--source", path, "--target", path).assert_one_error(f"{path}, line 2: expected UTF-8")
