"""A model folder, and a server of it for the tests that do not change a server."""

import pathlib
import sys

import pytest
from server_process import ORIGIN, running_server

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "export"))

from export_cases import trained_translator

from keras_transformer.text import TextFacts


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """The model folder of an untrained translator from Korean to English."""
    translator = trained_translator(steps=0, num_decoder_layers=1)
    translator.texts = TextFacts(source_language="ko", target_language="en")
    folder = tmp_path_factory.mktemp("served") / "phrases"
    translator.save(folder)
    return folder


@pytest.fixture(scope="session")
def server(model):
    """A running server. No test may change it."""
    with running_server(model, "--cors-origin", ORIGIN) as server:
        yield server
