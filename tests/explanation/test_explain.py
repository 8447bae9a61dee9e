import base64
import zlib

import numpy as np
import pytest
from explained_pages import SENTENCE, page_entries, page_picture, small_translator

import keras_transformer as kt
from keras_transformer.errors import InputError
from keras_transformer.explanation.packed_numbers import packed_numbers
from keras_transformer.explanation.page_data import page_data
from keras_transformer.models import transformer_parts
from keras_transformer.text.placeholder_kinds import placeholder_symbols


@pytest.fixture(scope="module")
def translator():
    return small_translator(hidden_dim=16, num_encoder_layers=1, num_decoder_layers=1)


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "at least one word. Received: ''"),
        (" \t\n", "at least one word"),
        ("카페 " * 60, "at most 13 tokens, which the model reads. Received: "),
        ("\udcff", "lone surrogate"),
    ],
    ids=ascii,
)
def test_a_text_that_the_model_does_not_read_is_refused(translator, tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        kt.explain(translator, text, tmp_path / "a.html")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "path, message",
    [
        ("missing/a.html", "expected a file in an existing folder. Create "),
        ("a.png", "one of the endings .html, .htm"),
        ("folder.html", "but it is a folder"),
    ],
)
def test_a_path_that_cannot_be_written_is_refused(translator, tmp_path, path, message):
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(InputError, match=message):
        kt.explain(translator, SENTENCE, tmp_path / path)


def test_an_unknown_language_is_refused(translator, tmp_path):
    with pytest.raises(InputError, match="`language` must be one of en, ko. Received: 'de'"):
        kt.explain(translator, SENTENCE, tmp_path / "a.html", language="de")


@pytest.mark.parametrize("fields", [{"source_prefix": 9}, {"source_prefix": 9, "target_prefix": 9}], ids=str)
def test_models_of_several_directions_are_refused(fields, tmp_path):
    translator = small_translator(hidden_dim=16, num_encoder_layers=1, num_decoder_layers=1, **fields)
    with pytest.raises(InputError, match="does not support models of several directions, nor M2M100 and NLLB"):
        kt.explain(translator, SENTENCE, tmp_path / "a.html")
    assert not list(tmp_path.iterdir())


def test_an_ensemble_is_refused(translator, tmp_path):
    ensemble = kt.Translator(kt.Ensemble([translator.model, translator.model]), translator.tokenizers)
    with pytest.raises(InputError, match="Expected a single model. Received: an ensemble of 2 models"):
        kt.explain(ensemble, SENTENCE, tmp_path / "a.html")
    assert not list(tmp_path.iterdir())


def test_settings_and_their_shorthand_exclude_each_other(translator, tmp_path):
    with pytest.raises(ValueError, match="`settings` or separate arguments"):
        kt.explain(translator, SENTENCE, tmp_path / "a.html", beam_size=2, settings=kt.SearchSettings())


def test_numbers_that_are_not_finite_are_refused(tmp_path):
    translator = small_translator(hidden_dim=16, num_encoder_layers=1, num_decoder_layers=1)
    bias = transformer_parts(translator.model).encoders[0].feed_forward.output_dense.bias
    bias.assign(np.full(bias.shape, np.nan))
    with pytest.raises(InputError, match="not finite, first in encoder/1/feed_forward/sublayer_outputs"):
        kt.explain(translator, SENTENCE, tmp_path / "a.html")
    assert not list(tmp_path.iterdir())


def test_an_existing_page_is_replaced(translator, tmp_path):
    (tmp_path / "a.html").write_text("old")
    (tmp_path / "unfinished_0123456789abcdef_a.html").touch()
    kt.explain(translator, SENTENCE, tmp_path / "a.html", beam_size=1, length_penalty=1.0)
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]
    data, _ = page_entries(tmp_path / "a.html")
    assert data["search"] == {"beam_size": 1, "length_penalty": 1.0}
    assert all(len(step["nodes"]) == 1 for step in data["steps"])


def test_a_long_text_has_fewer_decimals():
    matrices = {"a": np.random.default_rng(0).normal(size=(60, 64)), "b": np.zeros((3, 100))}
    entries, long = packed_numbers(matrices)
    fewer, short = packed_numbers(matrices, largest=len(long) - 1)
    assert fewer["a"]["decimals"] == entries["a"]["decimals"] - 1
    assert len(short) < len(long)


def test_a_picture_of_mostly_small_numbers_keeps_them_apart():
    scores = np.full((1, 200), 0.005)
    scores[0, ::2] = 0.02
    scores[0, 0] = 1.0
    entries, text = packed_numbers({"scores": scores}, largest=0)  # The least precision.
    content = zlib.decompress(base64.b64decode(text))
    shades, errors = page_picture({"matrices": entries}, content, "scores")
    assert shades[0, 1] != shades[0, 2]
    assert (np.abs(shades - scores) <= errors).all()


def test_a_wide_mask_is_a_picture():
    mask = np.where(np.tri(100), 0.0, 0.5 * np.finfo("float32").min).astype("float32")
    entries, text = packed_numbers({"bias": mask})
    shades, _ = page_picture({"matrices": entries}, zlib.decompress(base64.b64decode(text)), "bias")
    np.testing.assert_array_equal(shades < 0, mask < 0)


def test_placeholders_are_masked_and_restored():
    symbols = placeholder_symbols(["url"])
    translator = small_translator(symbols=symbols, hidden_dim=16, num_encoder_layers=1, num_decoder_layers=1)
    text = "카페 https://keras.io/guides"
    data, _ = page_data(translator, text, kt.SearchSettings(beam_size=2).of_model(translator.config))
    assert "｟url1｠" in data["source"]["tokens"]
    assert [data["translation"]] == translator.translate([text], beam_size=2)
    assert "https://keras.io/guides" in data["translation"]
    assert data["text"] == text
