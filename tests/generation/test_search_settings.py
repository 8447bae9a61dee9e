import dataclasses
import inspect

import pytest

import keras_transformer as kt
from keras_transformer.callbacks import TranslationScores
from keras_transformer.cli.search_options import beam_size_option, length_penalty_option
from keras_transformer.errors import InputError
from keras_transformer.generation import Generator, SearchSettings
from keras_transformer.plots import plot_attention
from keras_transformer.recipes import recipe_from_dict
from keras_transformer.translator import Translator


def test_a_user_gives_one_object_or_its_fields():
    settings = kt.SearchSettings(beam_size=8, length_penalty=1.0)
    assert SearchSettings.of(settings) is settings
    assert SearchSettings.of(settings, beam_size=None, n_best=None) is settings
    assert SearchSettings.of(None, beam_size=8, length_penalty=1.0, n_best=None) == settings
    assert SearchSettings.of() == SearchSettings()


def test_both_are_refused():
    with pytest.raises(ValueError, match=r"Received: settings=SearchSettings\(.*\) and beam_size=2. Put them into"):
        SearchSettings.of(SearchSettings(), beam_size=2)
    with pytest.raises(ValueError, match="`settings` must be a `SearchSettings`. Received: settings=4."):
        SearchSettings.of(4)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"beam_size": 0}, "`beam_size` must be at least 1. Received: beam_size=0."),
        ({"n_best": 0}, "`n_best` must be at least 1. Received: n_best=0."),
        ({"n_best": 5}, "`n_best` must be at most `beam_size`. Received: n_best=5, beam_size=4."),
        ({"length_penalty": float("nan")}, "`length_penalty` must be from -5 to 5. Received: length_penalty=nan."),
        ({"length_penalty": -1e3}, "`length_penalty` must be from -5 to 5. Received: length_penalty=-1000.0."),
        ({"length_penalty": 1e308}, "`length_penalty` must be from -5 to 5."),
        ({"sample": True, "beam_size": 4}, "so `beam_size` must be 1. Received: beam_size=4. `n_best` is the number"),
        ({"sample": True, "temperature": 0.0}, "`temperature` must be from 0.01 to 100. Received: temperature=0.0."),
        ({"sample": True, "top_p": 0.0}, "`top_p` must be above 0 and at most 1. Received: top_p=0.0."),
        ({"sample": True, "top_p": 1.1}, "`top_p` must be above 0 and at most 1. Received: top_p=1.1."),
        ({"sample": True, "top_k": 0}, "`top_k` must be at least 1. Received: top_k=0."),
        ({"sample": True, "seed": -1}, "`seed` must be at least 0. Received: seed=-1."),
        ({"temperature": 0.5}, "`temperature` needs `sample=True`. Received: temperature=0.5."),
        ({"top_k": 5}, "`top_k` needs `sample=True`. Received: top_k=5."),
        ({"top_p": 0.5}, "`top_p` needs `sample=True`. Received: top_p=0.5."),
        ({"seed": 5}, "`seed` needs `sample=True`. Received: seed=5."),
        ({"no_repeat_ngram": 0}, "`no_repeat_ngram` must be at least 1. Received: no_repeat_ngram=0."),
        ({"min_length": -1}, "`min_length` must be at least 0. Received: min_length=-1."),
    ],
)
def test_numbers_out_of_range_are_refused(fields, message):
    with pytest.raises(InputError, match=message):
        SearchSettings(**fields)


def test_sampling_has_no_beam_and_any_number_of_samples():
    settings = SearchSettings(sample=True, n_best=9)
    assert (settings.beam_size, settings.num_hypotheses) == (1, 9)
    assert dataclasses.replace(SearchSettings(), sample=True).beam_size == 1
    assert SearchSettings(n_best=2).num_hypotheses == 4


def test_a_minimum_length_leaves_space_for_the_end_token():
    config = kt.TransformerConfig.from_preset("tiny", vocabulary_size=300, max_length=20)
    assert SearchSettings(min_length=19).of_model(config).max_length == 20
    with pytest.raises(InputError, match="`min_length` must be below `max_length`.*min_length=20, max_length=20"):
        SearchSettings(min_length=20).of_model(config)


@pytest.mark.parametrize(
    "function",
    [
        Translator.translate,
        Translator.export_saved_model,
        Translator.export_tflite,
        Generator.generate,
        TranslationScores.__init__,
        plot_attention,
    ],
)
def test_signatures_repeat_no_default(function):
    parameters = inspect.signature(function).parameters
    for name in ("beam_size", "length_penalty", "n_best", "max_length", "settings"):
        assert name not in parameters or parameters[name].default is None
    assert "settings" in parameters


def test_the_command_line_has_the_same_defaults():
    @beam_size_option
    @length_penalty_option
    def command():
        pass

    defaults = {option.name: option.default for option in command.__click_params__}
    assert defaults == {"beam_size": SearchSettings().beam_size, "length_penalty": SearchSettings().length_penalty}


def test_a_recipe_evaluates_by_greedy_search_unless_it_says_otherwise():
    data = {"corpus": "phrases"}
    assert recipe_from_dict({"data": data}).evaluation.search_settings == SearchSettings(beam_size=1)
    recipe = recipe_from_dict({"data": data, "evaluation": {"beam_size": 3}})
    assert recipe.evaluation.search_settings == SearchSettings(beam_size=3)
