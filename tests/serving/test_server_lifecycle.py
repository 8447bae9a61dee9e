"""Versions, labels, keys and signals of a running server."""

import os
import shutil
import signal
import threading
import time

import pytest
from server_process import ServerProcess, running_server

from keras_transformer.text import TextFacts
from keras_transformer.translator import Translator

pytestmark = pytest.mark.slow
KEY = {"Authorization": "Bearer secret"}
GOOD = {"instances": ["나는 어제 카페에 갔다.", "내일"]}
CONFIG = """model_config_list {{
  config {{
    name: "third"
    base_path: "{folder}"
    model_platform: "tensorflow"
    model_version_policy {{ specific {{ versions: 1 versions: 2 }} }}
    version_labels {{ key: "stable" value: {stable} }}
  }}
}}
"""


@pytest.fixture(scope="module")
def translator(model):
    return Translator.load(model)


@pytest.fixture(scope="module")
def exported(translator, tmp_path_factory):
    """The folder of version 1 of an export."""
    return translator.export_saved_model(tmp_path_factory.mktemp("export") / "first")


@pytest.fixture(scope="module")
def folders(model, exported, tmp_path_factory):
    """Folders that tests of a module change: an export, a model folder, and an export with two versions."""
    root = tmp_path_factory.mktemp("models")
    shutil.copytree(exported, root / "first" / "1")
    shutil.copytree(model, root / "second")
    for number in (1, 2):
        shutil.copytree(exported, root / "third" / str(number))
    (root / "models.config").write_text(CONFIG.format(folder=root / "third", stable=1))
    (root / "keys").write_text("# The key of the tests.\nsecret\n")
    return root


@pytest.fixture(scope="module")
def server(folders):
    """A server of three models with a key."""
    options = ["--model-config-file", folders / "models.config", "--token-file", folders / "keys", "--n-best", 2]
    with running_server(folders / "first", f"other={folders / 'second'}", *options) as server:
        yield server


class Clients:
    """Threads that send requests until the end of a block, and their statuses."""

    def __init__(self, server, path, count=4, headers=KEY):
        self.statuses, self._ends = [], threading.Event()
        self._ask = lambda: server.ask(path, GOOD, **headers)
        self._threads = [threading.Thread(target=self._send) for _ in range(count)]

    def _send(self):
        while not self._ends.is_set():
            try:
                self.statuses.append(self._ask().status)
            except OSError as error:
                self.statuses.append(error)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self._ends.set()
        for thread in self._threads:
            thread.join()


def states(server, model):
    statuses = server.ask(f"/v1/models/{model}", **KEY).json["model_version_status"]
    return {int(status["version"]): status["state"] for status in statuses}


def test_exports_and_model_folders_translate_the_same(server, translator):
    expected = translator.translate(GOOD["instances"])
    for model in ("first", "other", "third"):
        rows = server.ask(f"/v1/models/{model}:predict", GOOD, **KEY).json["predictions"]
        assert [row["translation"] for row in rows] == expected
        signatures = server.ask(f"/v1/models/{model}/metadata", **KEY).json["metadata"]["signature_def"]
        assert {"serving_default", "n_best", "attention"} <= set(signatures["signature_def"])


def test_a_new_version_is_taken_without_a_lost_request(server, folders, exported):
    with Clients(server, "/v1/models/first:predict") as clients:
        shutil.copytree(exported, folders / "copied")
        os.rename(folders / "copied", folders / "first" / "2")
        server.wait_for("version_available", model="first", version=2)
        server.wait_for("version_unloaded", model="first", version=1)
    assert set(clients.statuses) == {200}
    assert states(server, "first") == {2: "AVAILABLE", 1: "END"}


def test_a_version_that_cannot_be_loaded_leaves_the_old_one(server, folders, exported):
    before = [number for number, state in states(server, "first").items() if state == "AVAILABLE"]
    with Clients(server, "/v1/models/first:predict") as clients:
        shutil.copytree(exported, folders / "broken")
        graph = folders / "broken" / "saved_model.pb"
        graph.write_bytes(graph.read_bytes()[:1000])
        os.rename(folders / "broken", folders / "first" / "3")
        event = server.wait_for("version_failed", model="first", version=3)
    assert "\n" not in event["error"]
    assert set(clients.statuses) == {200}
    found = states(server, "first")
    assert found[3] == "END"
    assert [number for number, state in found.items() if state == "AVAILABLE"] == before


def test_a_replaced_model_folder_is_a_new_version(server, folders, translator):
    with Clients(server, "/v1/models/other:predict") as clients:
        translator.save(folders / "second")
        server.wait_for("version_unloaded", model="other", version=1)
    assert set(clients.statuses) == {200}
    assert max(states(server, "other")) > 1


def test_labels_follow_the_config(server, folders):
    path = "/v1/models/third/labels/stable"
    version = server.ask(f"{path}/metadata", **KEY).json["model_spec"]["version"]
    assert version == "1"
    (folders / "models.config").write_text("model_config_list { config { name: }")
    server.wait_for("config_failed")
    (folders / "models.config").write_text(CONFIG.format(folder=folders / "third", stable=2))
    server.wait_for("config_read")
    assert server.ask(f"{path}/metadata", **KEY).json["model_spec"]["version"] == "2"
    assert server.ask(f"{path}:predict", GOOD, **KEY).status == 200


def test_requests_need_the_key(server):
    path = "/v1/models/first:predict"
    assert server.ask(path, GOOD).status == 401
    assert server.ask(path, GOOD, Authorization="Bearer other").headers["WWW-Authenticate"] == "Bearer"
    assert server.ask("/metrics").status == 401
    assert server.ask("/metrics", **KEY).status == 200
    fields = {"q": "내일", "source": "ko", "target": "en"}
    assert server.ask("/translate", fields).status == 403
    assert server.ask("/translate", {**fields, "api_key": "other"}).json == {"error": "Invalid API key"}
    assert server.ask("/translate", {**fields, "api_key": "secret"}).status == 200
    assert server.ask("/translate", fields, **KEY).status == 200
    assert server.ask("/health").status == server.ask("/languages").status == 200
    assert server.ask("/frontend/settings").json["keyRequired"] is True


@pytest.fixture(scope="module")
def ended(model):
    """A server with small limits that has received SIGTERM while clients sent requests."""
    with running_server(model, "--queue-size", 40, "--max-seconds", 20, "--workers", 1) as server:
        path = "/v1/models/phrases:predict"
        texts = {"instances": ["나는 어제 카페에 갔다."] * 30}
        statuses, waits = [], []

        def ask():
            try:
                answer = server.ask(path, texts)
            except OSError as error:
                statuses.append(error)
                return
            statuses.append(answer.status)
            if answer.status == 429:
                waits.append(int(answer.headers["Retry-After"]))

        threads = [threading.Thread(target=ask) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        connection = server.connection()  # Its request arrives before the signal.
        connection.request("POST", path, b'{"instances": ["\xeb\x82\xb4\xec\x9d\xbc"]}')
        time.sleep(0.05)
        status = server.end(signal.SIGTERM)
        response = connection.getresponse()
        yield {"statuses": statuses, "waits": waits, "exit": status, "last": response.status, "events": server.events}
        connection.close()


def test_a_full_queue_is_reported_with_the_time_to_wait(ended):
    assert set(ended["statuses"]) == {200, 429}
    assert all(wait >= 1 for wait in ended["waits"])


def test_sigterm_answers_the_requests_and_exits_with_0(ended):
    assert (ended["exit"], ended["last"]) == (0, 200)
    assert [event["event"] for event in ended["events"]][-1] == "stopped"


def test_ctrl_c_exits_with_130_while_the_model_loads(model):
    server = ServerProcess(model)
    server.wait_for("listening")
    assert server.end(signal.SIGINT) == 130
    server.close()


def test_a_damaged_model_ends_the_start_with_one_line(model, tmp_path):
    shutil.copytree(model, tmp_path / "damaged")
    weights = tmp_path / "damaged" / "model.weights.h5"
    weights.write_bytes(weights.read_bytes()[:5000])
    server = ServerProcess(tmp_path / "damaged")
    assert server.process.wait(timeout=240) == 2
    server.close()
    lines = [line for line in server.lines if not line.startswith("{")]
    assert len(lines) == 1
    assert lines[0].startswith("keras-transformer: the model damaged cannot be loaded: ")


def test_two_languages_of_two_models(model, translator, tmp_path):
    other = Translator(
        translator.model, translator.tokenizers, texts=TextFacts(source_language="fr", target_language="de")
    )
    other.save(tmp_path / "french")
    with running_server(model, tmp_path / "french") as server:
        codes = {each["code"]: each["targets"] for each in server.ask("/languages").json}
        assert codes == {"de": [], "en": [], "fr": ["de"], "ko": ["en"]}
        assert server.ask("/translate", {"q": "a", "source": "fr", "target": "de"}).status == 200
        answer = server.ask("/translate", {"q": "a", "source": "fr", "target": "en"})
        assert answer.error == "English (en) is not available as a target language from French (fr)"
        answer = server.ask("/detect", {"q": "a"})
        assert (answer.status, answer.error) == (
            400,
            "The server does not detect languages, and has several source languages: fr, ko.",
        )
        assert server.end(signal.SIGTERM) == 0
