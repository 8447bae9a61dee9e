"""Tests of the warnings before a training. Its errors are tested by the command, in tests/cli/test_train_errors.py."""

from keras_transformer.recipes import recipe_from_dict
from keras_transformer.trainer.training_checks import warn_of_training


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
