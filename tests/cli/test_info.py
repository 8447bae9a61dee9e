import json
import math
import os
import time

import keras
import pytest
import tensorflow as tf

from keras_transformer.text import TextFacts
from keras_transformer.version import __version__


def test_info_describes_the_model(run, model, translator):
    result = run("info", model)
    assert (result.status, result.errors) == (0, "")
    info = json.loads(result.output)
    assert info["config"] == translator.config.to_dict()
    assert info["parameters"] == translator.model.count_params()
    assert info["vocabulary"] == {"shared": True, "source": 300, "target": 300}
    assert info["languages"] == {"source": "en", "target": "de"}
    assert info["epochs"] == 4
    assert {"loss", "val_loss", "val_perplexity", "tokens_per_second"} <= set(info["scores"])
    card = (model / "README.md").read_text()
    assert f"BLEU {info['scores']['bleu']:.2f}, chrF {info['scores']['chrf']:.2f}" in card
    assert (info["scores"]["beam_size"], info["scores"]["sentences"]) == (4, 16)
    assert info["versions"] == {
        "keras_transformer": __version__,
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
    }


def test_a_model_that_no_recipe_trained_has_no_scores(run, translator, tmp_path):
    translator.save(tmp_path / "saved")
    info = json.loads(run("info", tmp_path / "saved").output)
    assert (info["epochs"], info["scores"]) == (None, {})


def test_the_longest_source_of_the_training_is_kept(model, trained, translator):
    lines = (trained / "train.en").read_text().splitlines()
    lengths = map(len, translator.source_tokenizer.tokenize(lines).to_list())
    assert json.loads((model / "config.json").read_text())["longest_source"] == max(lengths)
    assert translator.texts == TextFacts("en", "de", translator.texts.longest_source)


def test_a_folder_of_before_has_no_languages(run, saved):
    fields = json.loads((saved / "config.json").read_text())
    assert (fields.pop("source_language"), fields.pop("target_language")) == ("en", "de")
    (saved / "config.json").write_text(json.dumps(fields))
    assert json.loads(run("info", saved).output)["languages"] == {"source": None, "target": None}


@pytest.mark.parametrize("command", ["info", "translate"])
def test_languages_that_are_none_are_refused(run, saved, command):
    fields = json.loads((saved / "config.json").read_text())
    (saved / "config.json").write_text(json.dumps({**fields, "source_language": [1]}))
    run(command, saved).assert_one_error("config.json: `source_language`: ")


def test_a_folder_that_is_missing_is_refused(run, tmp_path):
    run("info", tmp_path / "missing").assert_one_error("missing: expected a model folder, but it does not exist.")


@pytest.fixture
def saved(translator, tmp_path):
    """A model folder to damage."""
    translator.save(tmp_path / "saved")
    return tmp_path / "saved"


def put(path, kind):
    """Replaces a file by a folder, a link or other content."""
    path.unlink(missing_ok=True)
    if kind == "link to a device":
        path.symlink_to("/dev/zero")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "terabyte":
        with path.open("wb") as file:
            file.truncate(2**40)
    else:
        path.write_text(kind)


@pytest.mark.parametrize("name", ["scores.json", "history.csv", "config.json", "tokenizer.model", "model.weights.h5"])
@pytest.mark.parametrize(
    "kind", ["link to a device", "pipe", "folder", "terabyte", "[" * 200_000, "\x1b[2J\n"], ids=len
)
def test_anything_in_the_place_of_a_file_is_refused_at_once(run, saved, name, kind):
    put(saved / name, kind)
    start = time.process_time()
    run("info", saved).assert_one_error(name if kind == "\x1b[2J\n" else "saved")
    assert time.process_time() - start < 2


@pytest.mark.parametrize("epoch", ["1" * 400, "1" * 5000, "-1", "1e400", "nan"])
def test_a_history_of_impossible_epochs_is_refused(run, saved, epoch):
    (saved / "history.csv").write_text(f"epoch,loss\n{epoch},1.0\n")
    run("info", saved).assert_one_error("history.csv: not a training history")


@pytest.mark.parametrize(
    ("field", "value"),
    [("activation", "glu"), ("activation", "\x1b[2J\u202e"), ("layer_norm_epsilon", math.nan), ("max_length", 10**7)],
)
@pytest.mark.parametrize("command", [["info"], ["plot", "--positions"], ["translate"]], ids=" ".join)
def test_a_config_that_nothing_can_be_built_of_is_refused(run, saved, field, value, command):
    fields = json.loads((saved / "config.json").read_text())
    fields["model"][field] = value
    (saved / "config.json").write_text(json.dumps(fields))
    result = run(*command, saved)
    result.assert_one_error(f"`{field}` must be")
    assert result.errors.isascii()
    assert result.errors.rstrip("\n").isprintable()


def test_its_output_is_strict_json(run, saved):
    (saved / "history.csv").write_text("epoch,loss,val_loss\n0,nan,inf\n")
    (saved / "scores.json").write_text('{"bleu": NaN}')
    result = run("info", saved)
    assert json.loads(result.output)["scores"] == {"loss": None, "val_loss": None, "bleu": None}
    assert "NaN" not in result.output


def test_a_name_of_escape_sequences_is_spelt(run, tmp_path):
    result = run("info", tmp_path / "\x1b[31mred\u202e")
    result.assert_one_error(r"\x1b[31mred\u202e: expected a model folder")
    assert "\x1b" not in result.errors
    result = run("info", tmp_path / "\x1b[31mred\u202e", "--debug")
    assert "\x1b" not in result.errors
