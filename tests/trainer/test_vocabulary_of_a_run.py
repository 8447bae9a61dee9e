"""Tests that a resumed training accepts only the vocabulary of the interrupted training."""

import pytest

from keras_transformer.errors import InputError
from keras_transformer.recipes import load_recipe, save_recipe
from keras_transformer.trainer.resumed_recipe import RECIPE_NAME
from keras_transformer.trainer.training_checks import check_before_training

PHRASES = '[data]\ncorpus = "phrases"\n'


@pytest.fixture
def run_of(tmp_path):
    """The folder of an interrupted training with these settings; `older` removes the newer keys."""

    def run_of(*settings, older=False):
        recipe, output = tmp_path / "recipe.toml", tmp_path / "model"
        recipe.write_text(PHRASES, encoding="utf-8")
        save_recipe(load_recipe(recipe, settings).filled(), output / RECIPE_NAME)
        if older:
            keys = ("normalization", "user_defined_symbols", "character_coverage", "split_digits")
            lines = (output / RECIPE_NAME).read_text().splitlines()
            (output / RECIPE_NAME).write_text("\n".join(line for line in lines if not line.startswith(keys)))
        return recipe, output

    return run_of


def test_an_older_training_is_resumed_without_normalisation(run_of):
    recipe, output = run_of(older=True)
    for settings in ([], ["vocabulary.normalization=identity"]):
        check_before_training(load_recipe(recipe, settings), output, resume=True)
    given = load_recipe(recipe, ["vocabulary.normalization=nmt_nfkc"])
    with pytest.raises(InputError, match=r"\[vocabulary\] normalization of the recipe differs from the interrupted"):
        check_before_training(given, output, resume=True)


@pytest.mark.parametrize("setting", ["normalization='nfkc'", "user_defined_symbols=['<a>']", "split_digits=true"])
def test_the_keys_of_the_vocabulary_stay_as_they_were(run_of, setting):
    recipe, output = run_of(f"vocabulary.{setting}")
    check_before_training(load_recipe(recipe, [f"vocabulary.{setting}"]), output, resume=True)
    if "normalization" in setting:  # A recipe without the key keeps the earlier value.
        check_before_training(load_recipe(recipe), output, resume=True)
    for other in ("normalization='identity'", "user_defined_symbols=['<b>']", "character_coverage=1.0"):
        with pytest.raises(InputError, match=r"\[vocabulary\] [a-z_]+ of the recipe differs from the interrupted"):
            check_before_training(load_recipe(recipe, [f"vocabulary.{other}"]), output, resume=True)
