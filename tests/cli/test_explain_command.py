import pytest


def test_it_writes_a_page_and_its_name(run, model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run("explain", model, "the cat sees bread .", "--language", "ko", "--beam-size", "2")
    assert result.status == 0, result.errors
    assert result.lines == ["model-explain.html"]
    assert '<html lang="ko">' in (tmp_path / "model-explain.html").read_text("utf-8")


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["", "--output", "a.html"], "at least one word"),
        (["cat " * 80, "--output", "a.html"], "Shorten the sentence."),
        (["a", "--output", "missing/a.html"], "missing/a.html: expected a file in an existing folder."),
        (["a", "--output", "a.txt"], "expected a file name with one of the endings"),
        (["a", "--language", "de"], "'de' is not one of 'en', 'ko'"),
        (["\udcff"], "expected UTF-8 text"),
    ],
    ids=ascii,
)
def test_bad_arguments_are_refused_in_one_line(run, model, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    run("explain", model, *arguments).assert_one_error(message)
    assert not list(tmp_path.glob("*.html"))


def test_the_output_is_checked_before_the_model_is_loaded(run, tmp_path):
    result = run("explain", tmp_path / "no model", "a", "--output", tmp_path / "missing" / "a.html")
    result.assert_one_error("expected a file in an existing folder")
