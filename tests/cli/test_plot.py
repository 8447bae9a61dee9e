import pytest

pytest.importorskip("matplotlib", reason="the extra `plots` is not installed")
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    "arguments", [["--attention", "the cat sees bread ."], ["--training"], ["--positions"]], ids=str
)
def test_it_writes_a_picture_and_its_name(run, model, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    result = run("plot", model, *arguments)
    assert result.status == 0, result.errors
    expected = f"model-{arguments[0].strip('-')}.png"
    assert result.lines == [expected]
    assert (tmp_path / expected).read_bytes().startswith(PNG)


def test_a_training_that_runs_is_drawn(run, model, tmp_path):
    (tmp_path / "running").mkdir()
    (tmp_path / "running" / "history.csv").write_bytes((model / "history.csv").read_bytes())
    assert run("plot", tmp_path / "running", "--training", "--output", tmp_path / "a.png").status == 0


def test_the_output_may_be_chosen(run, model, tmp_path):
    output = tmp_path / "new" / "folder" / "a.svg"
    assert run("plot", model, "--training", "--output", output).status == 0
    assert b"<svg" in output.read_bytes()


def test_an_output_below_a_file_is_reported_before_the_model_is_loaded(run, tmp_path):
    (tmp_path / "file").touch()
    result = run("plot", tmp_path / "no model", "--positions", "--output", tmp_path / "file" / "a.png")
    result.assert_one_error(f"{tmp_path / 'file'} is a file, not a folder.")


def test_leftovers_of_a_killed_plot_are_removed(run, model, tmp_path):
    (tmp_path / "unfinished_0123456789abcdef_new.png").touch()
    assert run("plot", model, "--positions", "--output", tmp_path / "new.png").status == 0
    assert not list(tmp_path.glob("unfinished_*"))


def test_no_folder_is_made_for_a_model_that_is_not_there(run, tmp_path):
    run("plot", tmp_path / "no model", "--positions", "--output", tmp_path / "new" / "a.png").assert_one_error()
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], "Expected exactly one of"),
        (["--training", "--positions"], "Expected exactly one of"),
        (["--attention", "  "], "Expected a sentence with at least one word"),
        (["--training", "--output", "a.doc"], "expected a file name with one of the endings"),
        (["--attention", "\udcff"], "expected UTF-8 text"),
    ],
    ids=str,
)
def test_bad_arguments_are_refused(run, model, arguments, message):
    run("plot", model, *arguments).assert_one_error(message)


def test_a_name_cannot_control_the_terminal(run, model, tmp_path):
    output = tmp_path / "a\x1b[31mred\u202e.png"
    result = run("plot", model, "--positions", "--output", output)
    assert (result.status, result.lines) == (0, [f"{tmp_path}/a\\x1b[31mred\\u202e.png"])
    assert output.is_file()
    (tmp_path / "\x1b[2J").touch()
    result = run("plot", model, "--positions", "--output", tmp_path / "\x1b[2J" / "a.png")
    result.assert_one_error(f"{tmp_path}/\\x1b[2J is a file, not a folder.")
