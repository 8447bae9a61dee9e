"""Engines of multilingual models and of exports, without a server."""

import json
import pathlib
import tarfile

import numpy as np
import pytest
import tensorflow as tf
from m2m100_folders import make_plain_folder
from tensorflow.core.protobuf import saved_model_pb2

from keras_transformer.errors import InputError
from keras_transformer.export.saved_model.serving_files import FACTS_FILE
from keras_transformer.generation import SearchSettings
from keras_transformer.serving.model_folder_engine import ModelFolderEngine
from keras_transformer.serving.saved_model_engine import SavedModelEngine
from keras_transformer.translator import Translator

EARLIER = pathlib.Path(__file__).resolve().parents[1] / "earlier" / "9877e5f"
SETTINGS = SearchSettings(beam_size=2, n_best=2, max_length=12)
TEXTS = ["some text", "another", ""]


@pytest.fixture(scope="module")
def multilingual(tmp_path_factory):
    """The model folder of an imported model with random weights and a hundred languages."""
    folder = tmp_path_factory.mktemp("multilingual")
    Translator.from_m2m100(make_plain_folder(folder / "m2m100")).save(folder / "model")
    return folder / "model"


@pytest.mark.slow
def test_a_multilingual_model_translates_in_every_direction(multilingual):
    engine = ModelFolderEngine(multilingual, SETTINGS)
    for source, target in (("en", "fr"), ("de", "en")):
        direction = engine.directions.find(source, target)
        translator = Translator.load(multilingual, source, target)
        translations, scores = translator.translate(TEXTS, settings=SETTINGS, return_scores=True)
        rows = engine.run("n_best", [text.encode() for text in TEXTS], direction)
        assert [row["translations"] for row in rows] == translations
        np.testing.assert_allclose([row["scores"] for row in rows], scores, atol=1e-5)
        rows = engine.run("attention", [text.encode() for text in TEXTS], direction)
        assert [row["translation"] for row in rows] == [row[0] for row in translations]
        # The column of the language is not returned.
        assert len(rows[0]["attention"][0]) == len(rows[0]["source_tokens"])
    default = Translator.load(multilingual).translate(TEXTS, settings=SETTINGS.with_n_best(1))
    assert [row["translation"] for row in engine.run("serving_default", [text.encode() for text in TEXTS])] == default


@pytest.mark.slow
def test_a_multilingual_model_has_the_tags_of_its_languages(multilingual):
    directions = ModelFolderEngine(multilingual, SETTINGS).directions
    assert len(directions.pairs) == 100 * 99
    assert {"en", "fr", "de", "ko"} <= set(directions.sources)
    assert directions.find("en", "en") is None
    assert directions.find("en", "xx") is None


@pytest.mark.slow
def test_an_export_of_an_earlier_version_is_served(tmp_path):
    with tarfile.open(EARLIER / "saved_model.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    engine = SavedModelEngine(tmp_path / "saved_model" / "1", ("ko", "en"))
    expected = json.loads((EARLIER / "expected.json").read_text(encoding="utf-8"))
    rows = engine.run("serving_default", [text.encode() for text in expected["texts"]])
    assert [row["translation"] for row in rows] == expected["translations"]
    assert engine.directions.pairs == [("ko", "en")]
    assert engine.count_tokens(["나는"])[0] > 0


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (None, "expected a regular file"),
        ("[" * 200, "the file is damaged"),
        ('{"source_language": 5}', "`source_language`: "),
        ('{"target_language": "\\u001b[31m"}', r"`target_language`: .*'\\x1b\[31m'"),
        ('{"max_length": "64"}', "`max_length` must be a whole number from 2. Received: '64'"),
        ('{"max_length": NaN}', "`max_length` must be a whole number from 2. Received: nan"),
    ],
)
def test_other_facts_of_an_export_are_refused(tmp_path, facts, message):
    model = saved_model_pb2.SavedModel()
    graph = model.meta_graphs.add()
    graph.meta_info_def.tags.append("serve")
    graph.signature_def["serving_default"].inputs["text"].dtype = tf.string.as_datatype_enum
    (tmp_path / "saved_model.pb").write_bytes(model.SerializeToString())
    path = tmp_path / FACTS_FILE
    path.parent.mkdir()
    path.symlink_to("/dev/zero") if facts is None else path.write_text(facts)
    with pytest.raises(InputError, match=f"texts.json: {message}"):
        SavedModelEngine(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no graph", b"\x00" * 100])
def test_another_file_is_not_a_saved_model(tmp_path, content):
    (tmp_path / "saved_model.pb").write_bytes(content)
    with pytest.raises(InputError, match=r"saved_model\.pb: (is not a SavedModel|has no graph)"):
        SavedModelEngine(tmp_path)
