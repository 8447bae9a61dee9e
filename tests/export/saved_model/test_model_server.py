"""The SavedModel in a real `tensorflow_model_server`, if one is installed: on PATH or at the path in
`TENSORFLOW_MODEL_SERVER`."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from export_cases import SOURCES, TEXTS
from serving_table import CASES, WITHOUT_BODY, check

SECONDS_TO_START = 120
SERVER = os.environ.get("TENSORFLOW_MODEL_SERVER") or shutil.which("tensorflow_model_server")
pytestmark = pytest.mark.skipif(
    SERVER is None,
    reason="skipped: no server (no tensorflow_model_server on PATH, and TENSORFLOW_MODEL_SERVER is not set)",
)


def free_port():
    with socket.socket() as place:
        place.bind(("localhost", 0))
        return place.getsockname()[1]


def ask(url, request=None):
    data = None if request is None else json.dumps(request).encode()
    with urllib.request.urlopen(url, data=data, timeout=30) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def url(saved_model, tmp_path_factory):
    """The model's address on a server with batching, which has run the warm-up requests."""
    folder = saved_model.parent
    models = (folder / "models.config").read_text().replace("/models/", f"{folder.parent}/")
    config = tmp_path_factory.mktemp("server") / "models.config"
    config.write_text(models)
    rest = free_port()
    command = [
        SERVER,
        f"--port={free_port()}",
        f"--rest_api_port={rest}",
        f"--model_config_file={config}",
        "--enable_batching=true",
        f"--batching_parameters_file={folder / 'batching_parameters.txt'}",
    ]
    log = pathlib.Path(config).with_name("server.log")
    with log.open("wb") as file, subprocess.Popen(command, stdout=file, stderr=file) as server:
        address = f"http://localhost:{rest}/v1/models/{folder.name}"
        try:
            for _ in range(SECONDS_TO_START):
                try:
                    if ask(address)["model_version_status"][0]["state"] == "AVAILABLE":
                        break
                except (urllib.error.URLError, ConnectionError):
                    pass
                assert server.poll() is None, log.read_text()[-2000:]
                time.sleep(1)
            else:
                pytest.fail(log.read_text()[-2000:])
            yield address
        finally:
            server.terminate()


def test_rows_are_translated_as_the_translator_does(url, translator):
    found = ask(f"{url}:predict", {"instances": TEXTS})["predictions"]
    translations, scores = translator.translate(TEXTS, beam_size=3, return_scores=True)
    assert [row["translation"] for row in found] == translations
    assert [row["score"] for row in found] == pytest.approx(scores, abs=1e-4)


@pytest.mark.parametrize("signature", ["n_best", "attention"])
def test_columns_are_answered_by_every_signature(url, signature):
    found = ask(f"{url}:predict", {"signature_name": signature, "inputs": {"text": SOURCES}})["outputs"]
    assert all(len(column) == len(SOURCES) for column in found.values())


def test_a_request_of_another_rank_gets_a_message_and_the_server_lives(url):
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(f"{url}:predict", {"inputs": {"text": [["a", "b"]]}})
    assert caught.value.code == 400
    assert ask(f"{url}:predict", {"instances": SOURCES[:1]})["predictions"]


def answer_of(url, case):
    """The status and the body of the response to a case of the table."""
    model = url.rpartition("/")[2]
    address = url.partition("/v1/")[0] + case.path.replace("MODEL", model)
    try:
        request = urllib.request.Request(address, case.body(model), case.headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_table_of_requests_and_responses_is_that_of_the_server(url, case):
    status, body = answer_of(url, case)
    check(case, status, json.loads(body), url.rpartition("/")[2])


def test_a_version_that_is_too_large_has_a_status_without_a_body(url):
    assert answer_of(url, WITHOUT_BODY) == (WITHOUT_BODY.status, b"")
