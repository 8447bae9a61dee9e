"""Tests of the warnings before a training. Its errors are tested by the command, in tests/cli/test_train_errors.py."""

import pytest

from keras_transformer.errors import InputError
from keras_transformer.recipes import recipe_from_dict, save_recipe
from keras_transformer.trainer.resumed_recipe import changed_key, described_free_keys
from keras_transformer.trainer.training_checks import check_output, warn_of_training


def training(**keys):
    return recipe_from_dict({"data": {"corpus": "phrases"}, "training": keys}).training


def test_a_warmup_of_more_than_half_of_the_steps_is_warned_of(capsys):
    warn_of_training(training(warmup_steps=11), 20)
    assert "warmup_steps = 11 is more than half of the 20 steps of this training" in capsys.readouterr().err
    warn_of_training(training(warmup_steps=10), 20)
    assert capsys.readouterr().err == ""


def test_a_deprecated_key_is_named(capsys):
    warn_of_training(training(warmup_steps=1, bidirectional_epochs=2), 20)
    assert "[training] bidirectional_epochs is deprecated" in capsys.readouterr().err


def test_a_finished_training_without_checkpoints_is_not_trained_again(tmp_path):
    recipe = recipe_from_dict({"data": {"corpus": "phrases"}}).filled()
    save_recipe(recipe, tmp_path / "recipe.toml")
    check_output(recipe, tmp_path, resume=True)
    (tmp_path / "config.json").touch()
    with pytest.raises(InputError, match="the training is finished and its checkpoints were removed.*--init-from"):
        check_output(recipe, tmp_path, resume=True)
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "state.npz").touch()
    check_output(recipe, tmp_path, resume=True)


def test_the_language_of_a_multilingual_model_is_named_by_its_key():
    recipes = [
        recipe_from_dict({"data": {"corpus": "phrases"}, "model": {"target_prefix": prefix}}) for prefix in (8, 9)
    ]
    assert changed_key(*recipes) == "[data] target_language"
    assert "language" not in described_free_keys("[data] target_language")
    assert "source_language, target_language" in described_free_keys("[model] dropout")
