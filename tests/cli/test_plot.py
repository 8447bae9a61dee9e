import json
import shutil

import keras
import pytest

from keras_transformer import plots
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.text import TextFacts, learn_vocabulary
from keras_transformer.translator import Translator

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


@pytest.mark.slow
def test_the_direction_of_the_attention_may_be_chosen(run, tmp_path):
    tokenizer = learn_vocabulary(["the cat sees bread ."], user_defined_symbols=["<2de>", "<2en>"])
    config = TransformerConfig(
        vocabulary_size=tokenizer.vocabulary_size,
        num_encoder_layers=1,
        num_decoder_layers=1,
        hidden_dim=16,
        intermediate_dim=16,
        num_heads=2,
        max_length=24,
        source_prefix=tokenizer.symbols["<2en>"],
    )
    keras.utils.set_random_seed(3)
    texts = TextFacts("de", "en", directions=(("de", "en"), ("en", "de")))
    Translator(build_transformer(config), tokenizer, texts=texts).save(tmp_path / "model")
    arguments = ["plot", tmp_path / "model", "--attention", "the cat", "--output", tmp_path / "a.png"]
    pictures = []
    for options in ([], ["--target-language", "en"], ["--source-language", "en", "--target-language", "de"]):
        result = run(*arguments, *options)
        assert result.status == 0, result.errors
        pictures.append((tmp_path / "a.png").read_bytes())
    assert pictures[0] == pictures[1] != pictures[2]
    run(*arguments, "--target-language", "fr").assert_one_error("target language: expected a language of de, en.")


def test_positions_are_those_of_an_imported_model(run, model, tmp_path):
    config = shutil.copytree(model, tmp_path / "model") / "config.json"
    fields = json.loads(config.read_text())
    fields["model"] |= {"first_position": 1, "position_frequencies": "tensor2tensor"}
    config.write_text(json.dumps(fields))
    assert run("plot", tmp_path / "model", "--positions", "--output", tmp_path / "a.png").status == 0
    plots.plot_positions(40, 32, 1, "tensor2tensor").savefig(tmp_path / "expected.png", dpi=120)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "expected.png").read_bytes()


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
        (["--positions", "--target-language", "de"], "--source-language and --target-language need --attention"),
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
