import json

import keras
import tensorflow as tf

from keras_transformer.version import __version__


def test_info_describes_the_model(run, model, translator):
    result = run("info", model)
    assert (result.status, result.errors) == (0, "")
    info = json.loads(result.output)
    assert info["config"] == translator.config.to_dict()
    assert info["parameters"] == translator.model.count_params()
    assert info["vocabulary"] == {"shared": True, "source": 300, "target": 300}
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


def test_a_folder_that_is_missing_is_refused(run, tmp_path):
    run("info", tmp_path / "missing").assert_one_error("missing: expected a model folder, but there is none.")
