import pytest
from untrained_models import save_untrained

from keras_transformer.translator import Translator


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """A model folder."""
    return save_untrained(tmp_path_factory.mktemp("model") / "model")


@pytest.fixture(scope="session")
def translator(model):
    return Translator.load(model)


@pytest.fixture
def warm(translator, monkeypatch):
    """Lets all jobs of a file share one loaded translator, whose search is compiled once."""
    monkeypatch.setattr(Translator, "load", lambda path: translator)
