"""Presets from folders and from a local server with the routes of the Hugging Face hub."""

import hashlib
import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading

import pytest
from marian_folders import make_plain_folder

from keras_transformer.errors import InputError
from keras_transformer.importing import is_foreign_folder, preset_folder

pytest.importorskip("huggingface_hub", reason="the extra `hub` is not installed")
REPOSITORY = pathlib.Path(__file__).parents[2]
MODEL = "/api/models/someone/tiny"
REVISION = "0123456789abcdef0123456789abcdef01234567"
# The package reads the address of the hub when it is imported.
SCRIPT = """
import sys
from keras_transformer.errors import InputError
from keras_transformer.importing import is_foreign_folder, preset_folder

try:
    folder = preset_folder(sys.argv[1])
    print(is_foreign_folder(folder), *sorted(file.name for file in folder.iterdir()))
except (InputError, OSError) as error:
    print("InputError:" if isinstance(error, InputError) else "OSError:", error)
"""


class Hub(http.server.BaseHTTPRequestHandler):
    """A hub with the model "someone/tiny"."""

    folder: pathlib.Path

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        files = {file.name: file.read_bytes() for file in self.folder.iterdir()}
        path = self.path.partition("?")[0]
        name = path.rpartition("/")[2]
        if path in (MODEL, f"{MODEL}/revision/main", f"{MODEL}/revision/{REVISION}"):
            siblings = [{"rfilename": name} for name in files]
            self.answer(json.dumps({"id": "someone/tiny", "sha": REVISION, "siblings": siblings}).encode())
        elif path == f"{MODEL}/tree/{REVISION}":
            entries = [{"type": "file", "path": name, "size": len(files[name]), "oid": "0" * 40} for name in files]
            self.answer(json.dumps(entries).encode())
        elif path.startswith(f"/someone/tiny/resolve/{REVISION}/") and name in files:
            self.answer(files[name])
        else:
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def answer(self, content):
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Type", "application/json" if content[:1] in b"{[" else "application/octet-stream")
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", REVISION)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(tmp_path):
    """The address of a running hub."""
    folder = make_plain_folder(tmp_path / "served")
    (folder / "pytorch_model.bin").write_bytes(b"not needed")
    (folder / "notes.txt").write_text("not needed")
    handler = type("HubOfFolder", (Hub,), {"folder": folder})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def of_hub(address, hub, tmp_path, cache="cache"):
    """The answer of a fresh process for an address."""
    environment = {**os.environ, "HF_ENDPOINT": hub, "HF_HOME": str(tmp_path / cache), "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", SCRIPT, address]
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


FILES = "config.json model.safetensors source.spm target.spm tokenizer_config.json vocab.json"


@pytest.mark.slow
def test_a_model_of_the_hub_is_downloaded_once(hub, tmp_path):
    assert of_hub("hf://someone/tiny", hub, tmp_path) == f"True {FILES}"
    assert of_hub(f"hf://someone/tiny@{REVISION}", hub, tmp_path) == f"True {FILES}"
    unreachable = "http://127.0.0.1:9"
    for revision in ("", f"@{REVISION}"):
        assert of_hub(f"hf://someone/tiny{revision}", unreachable, tmp_path) == f"True {FILES}"
    message = of_hub("hf://someone/other", unreachable, tmp_path)
    assert message.startswith("InputError: hf://someone/other: the hub cannot be reached")
    message = of_hub("hf://someone/other", hub, tmp_path)
    assert message == "InputError: hf://someone/other: the hub has no such model or revision, or it is private."


@pytest.mark.slow
def test_an_index_of_several_files_is_downloaded(hub, tmp_path):
    served = tmp_path / "served"
    for name in ("model.safetensors", "pytorch_model.bin"):
        (served / name).rename(served / f"{name}.index.json")
    files = FILES.replace("model.safetensors", "model.safetensors.index.json pytorch_model.bin.index.json")
    assert of_hub("hf://someone/tiny", hub, tmp_path) == f"True {files}"


@pytest.mark.slow
def test_a_cache_that_cannot_be_written_is_an_error_of_its_own(hub, tmp_path):
    (tmp_path / "cache").write_text("a file")
    message = of_hub("hf://someone/tiny", hub, tmp_path, "cache/below")
    assert message.startswith("OSError: [Errno 20] Not a directory")


@pytest.mark.parametrize("address", ["hf://", "hf://model", "hf://a/b/c", "hf://a/b@", "hf://a /b"])
def test_a_wrong_address_is_refused(address):
    with pytest.raises(InputError, match="expected an address such as hf://user/model"):
        preset_folder(address)


def test_a_folder_is_its_own_preset(tmp_path):
    assert preset_folder(tmp_path) == preset_folder(str(tmp_path)) == tmp_path
    assert not is_foreign_folder(tmp_path)
    (tmp_path / "config.json").write_text('{"format_version": 1}')
    assert not is_foreign_folder(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "marian"}')
    assert is_foreign_folder(tmp_path)
