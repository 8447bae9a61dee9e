"""Files that commit 9877e5f wrote keep loading and translating the same."""

import importlib.util
import json
import pathlib
import tarfile
import warnings

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_text  # noqa: F401 (the SavedModel's operations)

from keras_transformer.export.ctranslate2 import ctranslate2_runner
from keras_transformer.generation.search_limits import LENGTH_FACTOR, LENGTH_MARGIN
from keras_transformer.recipes import load_recipe
from keras_transformer.text.blank import BLANK_PATTERN
from keras_transformer.translator import Translator

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
FOLDER = pathlib.Path(__file__).with_name("9877e5f")
EXPECTED = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))


def test_a_model_folder_translates_and_scores_the_same():
    translator = Translator.load(FOLDER / "model")
    assert translator.translate(EXPECTED["texts"]) == EXPECTED["translations"]
    pairs = list(zip(EXPECTED["texts"][:3], EXPECTED["translations"][:3], strict=True))
    np.testing.assert_allclose(translator.score(pairs), EXPECTED["scores"], atol=1e-4)


def test_a_saved_model_translates_the_same(tmp_path):
    with tarfile.open(FOLDER / "saved_model.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    translate = tf.saved_model.load(str(tmp_path / "saved_model" / "1")).signatures["serving_default"]
    found = translate(text=tf.constant(EXPECTED["texts"]))["translation"].numpy()
    assert [text.decode() for text in found] == EXPECTED["translations"]


def test_a_tflite_file_translates_the_same_with_the_client_of_today():
    path = REPOSITORY / "training" / "translate_tflite_ids.py"
    spec = importlib.util.spec_from_file_location("translate_tflite", path)
    client = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(client)
    translate = client.TFLiteTranslator(FOLDER / "model.tflite", num_threads=1)
    found = [translate(text)[0] for text in EXPECTED["texts"]]
    # Its weights are float16, so that a close decision may fall otherwise.
    assert sum(one == other for one, other in zip(found, EXPECTED["translations"], strict=True)) >= len(found) - 1


def test_a_ctranslate2_folder_translates_the_same_with_greedy_search():
    """Both searches are the same at beam size 1. The others of `expected.json` are of beam size 4."""
    tokenizer = str(FOLDER / "ctranslate2" / "tokenizer.model")
    found = ctranslate2_runner.run(
        str(FOLDER / "ctranslate2"),
        tokenizer,
        tokenizer,
        EXPECTED["texts"],
        BLANK_PATTERN,
        max_length=32,
        length_factor=LENGTH_FACTOR,
        length_margin=LENGTH_MARGIN,
        prefix=[],
    )
    expected = EXPECTED["greedy_translations"]
    translations = Translator.load(FOLDER / "model").translate(EXPECTED["texts"], beam_size=1)
    # The model is barely trained, so the last digits can decide one text on another processor.
    for texts in (found["translations"], translations):
        assert sum(map(str.__eq__, texts, expected)) >= len(expected) - 1


@pytest.mark.filterwarnings("ignore:The key .* is now named:DeprecationWarning")
@pytest.mark.parametrize("path", sorted((FOLDER / "recipes").glob("*.toml")), ids=lambda path: path.stem)
def test_a_recipe_loads(path):
    assert load_recipe(path).training.epochs or load_recipe(path).training.steps


def test_the_recipe_of_a_model_folder_loads():
    assert load_recipe(FOLDER / "model" / "recipe.toml").model.hidden_dim == 32


def test_every_public_name_still_exists():
    """`public_names.json` has the `__all__` of each package of that commit."""
    public = json.loads((FOLDER / "public_names.json").read_text(encoding="utf-8"))
    with warnings.catch_warnings():
        # Of moved modules, see tests/test_import.py.
        warnings.simplefilter("ignore", DeprecationWarning)
        for module, names in public.items():
            found = importlib.import_module(module)
            assert [name for name in names if getattr(found, name, None) is None] == [], module
