"""Presets and defaults of recipes equal their golden files, see make.py."""

import json

import pytest

from golden.make import FILES, FOLDER, VOCABULARY_SIZE
from keras_transformer.models import TransformerConfig, build_transformer


@pytest.mark.parametrize("name", FILES)
def test_nothing_has_changed(name):
    assert FILES[name]() == json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def test_the_parameters_are_those_of_the_model():
    golden = json.loads((FOLDER / "presets.json").read_text(encoding="utf-8"))
    model = build_transformer(TransformerConfig.from_preset("tiny", vocabulary_size=VOCABULARY_SIZE))
    assert model.count_params() == golden["tiny"]["parameters"]
