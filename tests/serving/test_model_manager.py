"""Versions of models that change while they are served, with engines that are names."""

import threading
import time

import pytest
from stub_service import StubSource, stub_model

from keras_transformer.serving import served_model
from keras_transformer.serving.loaded_version import State
from keras_transformer.serving.model_manager import ModelManager
from keras_transformer.serving.request_error import RequestError
from keras_transformer.serving.server_metrics import ServerMetrics
from keras_transformer.serving.serving_settings import ServingSettings


class StubManager(ModelManager):
    """A manager whose engines are the paths of their versions. Those of the folder "slow" wait for `may_load`."""

    def __init__(self, *arguments):
        self.may_load = threading.Event()
        super().__init__(*arguments)

    def load(self, path):
        if path.parent.name == "slow":
            assert self.may_load.wait(10)
        return path.parent.name


class Metrics:
    metrics = ServerMetrics()


def stub(*numbers, load=lambda path: path.name):
    """A model with its first version."""
    model = stub_model(Metrics, StubSource(*numbers), load)
    model.poll()
    return model


def config(*models):
    parts = "".join(f'config {{ name: "{name}" base_path: "{path}" }}\n' for name, path in models)
    return f"model_config_list {{\n{parts}}}\n"


@pytest.fixture
def folders(tmp_path):
    """A folder with the versions of three models, and a `models.config` of two."""
    for name in ("fast", "slow", "other"):
        (tmp_path / name / "1").mkdir(parents=True)
        (tmp_path / name / "1" / "saved_model.pb").write_bytes(b"a")
    (tmp_path / "models.config").write_text(config(("a", "fast"), ("b", "other")))
    return tmp_path


@pytest.fixture
def events():
    return []


@pytest.fixture
def manager(folders, events):
    log = lambda event, **fields: events.append((event, fields.get("model")))  # noqa: E731
    manager = StubManager([], folders / "models.config", ServingSettings(poll_seconds=0.01), log, ServerMetrics())
    manager.start()
    assert manager.is_settled.wait(10)
    yield manager
    manager.may_load.set()
    manager.stop()


def until(condition):
    for _ in range(500):
        if condition():
            return True
        time.sleep(0.01)
    return False


def engine(manager, name):
    version = manager.acquire(name)
    version.release()
    return version.engine


def page(manager):
    return manager._metrics.page().decode()


def test_a_model_with_another_path_answers_until_its_successor_is_loaded(manager, folders, events):
    (folders / "models.config").write_text(config(("a", "slow"), ("b", "other")))
    assert until(lambda: ("config_read", None) in events)
    assert engine(manager, "a") == "fast"
    assert manager.is_ready
    manager.may_load.set()
    assert until(lambda: ("version_unloaded", "a") in events)
    assert engine(manager, "a") == "slow"
    assert until(lambda: 'version_available{model="a",version="1"} 1.0' in page(manager))


def test_a_removed_model_is_unloaded(manager, folders, events):
    (removed,) = manager.models["b"].versions
    (folders / "models.config").write_text(config(("a", "fast")))
    assert until(lambda: ("version_unloaded", "b") in events)
    assert (removed.state, removed.engine) == (State.END, None)
    assert 'model="b"' not in page(manager)
    with pytest.raises(RequestError, match="Servable not found"):
        manager.acquire("b")
    assert engine(manager, "a") == "fast"


def test_a_request_gets_the_successor_of_a_version_that_ends():
    model = stub(1)
    (old,) = model.available
    acquire = old.acquire

    def acquire_late():  # Between the look at the versions and the request.
        model.source.numbers = (1, 2)
        model.poll()
        model.poll()
        return acquire()

    old.acquire = acquire_late
    assert model.acquire().number == 2
    with pytest.raises(RequestError, match="Specific"):
        model.acquire(1)


@pytest.mark.parametrize(
    ("error", "states"),
    [
        (MemoryError(), [State.END, State.AVAILABLE]),
        (OSError(24, "Too many open files"), [State.END, State.AVAILABLE]),
        (ValueError("damaged"), [State.END, State.END]),
        (OSError("damaged"), [State.END, State.END]),
    ],
)
def test_a_version_is_loaded_again_if_the_system_was_the_cause(monkeypatch, error, states):
    monkeypatch.setattr(served_model, "_SECONDS_TO_RETRY", 0.0)
    errors = [error]

    def load(path):
        if errors:
            raise errors.pop()
        return path.name

    model = stub(1, load=load)
    found = [model.versions[0].state]
    model.poll()
    assert [*found, model.versions[0].state] == states


def test_a_version_is_not_loaded_again_at_once():
    def load(path):
        raise MemoryError

    model = stub(1, load=load)
    (version,) = model.versions
    model.poll()
    assert model.versions == [version]
