import keras
import pytest

from keras_transformer.callbacks import TranslationScores
from keras_transformer.data import listed_pairs
from keras_transformer.errors import InputError
from keras_transformer.recipes import recipe_from_dict
from keras_transformer.recipes.evaluation_callbacks import evaluation_callbacks

DATA = {"corpus": "phrases", "max_length": 64}


def callbacks_of(**evaluation):
    recipe = recipe_from_dict({"data": DATA, "evaluation": evaluation})
    return evaluation_callbacks(recipe.evaluation, listed_pairs([("가", "go")]), (None, None))


def test_nothing_is_evaluated_by_default():
    assert callbacks_of() == []


def test_the_validation_pairs_are_translated_with_the_keys_of_the_section():
    (scores,) = callbacks_of(every=3, beam_size=2, tokenize="none")
    assert isinstance(scores, TranslationScores)
    assert scores.pairs == [("가", "go")]
    assert (scores.every, scores.beam_size, scores.tokenize) == (3, 2, "none")


def test_patience_counts_evaluations():
    _, early_stopping = callbacks_of(every=3, stop_after=2)
    assert isinstance(early_stopping, keras.callbacks.EarlyStopping)
    assert (early_stopping.monitor, early_stopping.mode, early_stopping.patience) == ("val_bleu", "max", 6)


def test_stopping_without_evaluating_is_refused():
    with pytest.raises(InputError, match=r"\[evaluation\]: stop_after needs every"):
        callbacks_of(stop_after=2)
