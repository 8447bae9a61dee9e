import pytest
from corpus_jobs import written
from untrained_models import lines_of, save_untrained

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


@pytest.fixture
def shards(tmp_path):
    """A folder of shards of 3, 7, 8 and no lines."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name, count in (("a", 3), ("b", 7), ("c", 8), ("d", 0)):
        (folder / f"{name}.txt").write_bytes(written(lines_of(count, start=ord(name))))
    return folder
