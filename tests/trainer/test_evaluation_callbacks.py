import pytest

from keras_transformer.callbacks import EarlyStopping, TranslationScores
from keras_transformer.data import listed_pairs
from keras_transformer.errors import InputError
from keras_transformer.recipes import recipe_from_dict
from keras_transformer.text import Tokenizers
from keras_transformer.trainer.evaluation_callbacks import evaluation_callbacks

DATA = {"corpus": "phrases", "max_length": 64}


def callbacks_of(**evaluation):
    recipe = recipe_from_dict({"data": DATA, "evaluation": evaluation})
    return evaluation_callbacks(recipe.evaluation, listed_pairs([("가", "go")]), Tokenizers(None), lowercase=True)


def test_nothing_is_evaluated_by_default():
    assert callbacks_of() == []


def test_the_validation_pairs_are_translated_with_the_keys_of_the_section():
    (scores,) = callbacks_of(every=3, beam_size=2, tokenize="none")
    assert isinstance(scores, TranslationScores)
    assert scores.pairs == [("가", "go")]
    assert (scores.every, scores.beam_size, scores.tokenize, scores.lowercase) == (3, 2, "none", True)


def test_patience_counts_evaluations():
    _, early_stopping = callbacks_of(every=3, patience=2)
    assert isinstance(early_stopping, EarlyStopping)
    assert (early_stopping.monitor, early_stopping.mode, early_stopping.patience) == ("val_bleu", "max", 2)


def test_steps_take_the_place_of_epochs():
    scores, early_stopping = callbacks_of(every_steps=100, samples=2, patience=3, monitor="val_chrf")
    assert (scores.every_steps, scores.samples) == (100, 1)
    assert (early_stopping.monitor, early_stopping.mode, early_stopping.patience) == ("val_chrf", "max", 3)


@pytest.mark.parametrize("every", [0, 4])
def test_the_validation_loss_stops_whether_or_not_there_are_translations(every):
    early_stopping = callbacks_of(every=every, patience=2, monitor="val_loss")[-1]
    assert (early_stopping.monitor, early_stopping.mode, early_stopping.patience) == ("val_loss", "min", 2)


@pytest.mark.parametrize(
    ("evaluation", "message"),
    [
        ({"patience": 2}, "patience needs every, or a monitor other than val_bleu"),
        ({"every": 1, "patience": 2, "stop_after": 2}, "give either patience or stop_after, which mean the same"),
        ({"samples": 2}, "samples needs every"),
        ({"every": 1, "every_steps": 5}, "give either every or every_steps"),
    ],
)
def test_keys_that_do_not_go_together_are_refused(evaluation, message):
    with pytest.raises(InputError, match=rf"\[evaluation\]: {message}"):
        callbacks_of(**evaluation)
