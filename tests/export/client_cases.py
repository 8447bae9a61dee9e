"""The clients of a `.tflite` file that translate lines without a tokenizer."""

import pathlib
import shutil
import subprocess
import sys

import ai_edge_litert
import pytest

from keras_transformer.errors import InputError
from keras_transformer.export.web.litert_files import find_litert

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
LITERT_FOLDER = pathlib.Path(ai_edge_litert.__file__).parent


def litert_or_skip():
    """Returns the folder `node_modules` with LiteRT.js. Skips the test without Node or the package index."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    try:
        return find_litert()
    except InputError as error:
        pytest.skip(str(error))


def python_client(folder):
    return [sys.executable, REPOSITORY / "training" / "translate_tflite.py"]


def node_client(folder):
    script = folder / "translate_tflite.mjs"
    shutil.copyfile(REPOSITORY / "examples" / "node" / script.name, script)
    (folder / "node_modules").symlink_to(litert_or_skip())
    return ["node", script]


def c_client(folder):
    compiler = shutil.which("gcc") or pytest.skip("gcc is not installed")
    library, program = LITERT_FOLDER / "libLiteRt.so", folder / "translate_tflite"
    if not library.is_file():
        pytest.skip("ai_edge_litert has no libLiteRt.so here")
    source = REPOSITORY / "examples" / "c" / "translate_tflite.c"
    options = ["-std=c11", "-Wall", "-Wextra", "-Werror", f"-Wl,-rpath,{LITERT_FOLDER}"]
    subprocess.run([compiler, source, library, "-o", program, *options], check=True)
    return [program]


CLIENTS = {"python": python_client, "node": node_client, "c": c_client}


def run_client(client, file, texts, folder):
    """Returns the lines that a client writes in a fresh process, and its standard error."""
    command = [*CLIENTS[client](folder), file]
    result = subprocess.run(
        [str(part) for part in command], input="\n".join(texts) + "\n", capture_output=True, encoding="utf-8"
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.removesuffix("\n").split("\n"), result.stderr


def translate_by(client, file, texts, folder):
    """Translates texts with a client in a fresh process."""
    return run_client(client, file, texts, folder)[0]
