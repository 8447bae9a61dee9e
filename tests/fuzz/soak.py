"""The command line of `make soak`: clients call an exported SavedModel in TensorFlow's C API for minutes."""

import argparse
import base64
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import fuzz.quiet_start  # noqa: F401, isort: skip  (before TensorFlow)

import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from fuzz.__main__ import make_workspace
from fuzz.texts import INVISIBLE, random_text
from fuzz.workers import fuzz_environment
from fuzz.workspace import Workspace
from keras_transformer.files.markdown_table import markdown_table

CLIENTS = 8
TEXTS = 200
# Inputs of servers: empty texts, bytes that are not UTF-8, a byte 0, ten thousand characters, surrogates in UTF-8.
POISON = [
    b"",
    b"\xff\xfe\xfd",
    b"a\0b\0",
    b"x" * 10_000,
    ("가나다라 " * 2_000).encode(),
    INVISIBLE.encode(),
    b"\xed\xa0\x80\xed\xbf\xbf",
]
POISON += [b"\n", b"\xe4\xbd", b"\0", "\u202e\u2066".encode(), "▁▁".encode(), b"</s><pad>"]
LARGEST_GROWTH = 0.05


def main(arguments=None):
    options = _options(arguments)
    seconds = 60 * options.minutes
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        saved_model = options.saved_model
        if saved_model is None:
            make_workspace(folder / "workspace")
            saved_model = Workspace(folder / "workspace").artifact("shared", "saved_model")
        request = _request(saved_model, seconds, options.seed)
        (folder / "request.json").write_text(json.dumps(request))
        command = [sys.executable, "-m", "fuzz.soak_clients", str(folder / "request.json")]
        done = subprocess.run(command, env=fuzz_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"The process of the clients ended with {done.returncode}: {done.stderr[-2000:]}")
    report = json.loads(done.stdout)
    print(table_of(report))
    for line in report["errors"][:5] + report["different"][:5]:
        print(line)
    return 1 if report["errors"] or report["different"] or abs(growth_of(report)) > LARGEST_GROWTH else 0


def growth_of(report):
    """Returns the growth of memory from the end of the warm-up to the end, as a fraction."""
    warm, *_, last = report["megabytes"]
    return last / warm - 1


def table_of(report):
    """Returns the counts as a table."""
    rows = [
        ["clients", CLIENTS],
        ["requests", f"{report['requests']:,}"],
        ["translations", f"{report['translations']:,}"],
        ["translations a second", f"{report['translations'] / report['seconds']:,.0f}"],
        ["errors", len(report["errors"])],
        ["other than a single call", len(report["different"])],
        *(
            [f"latency, {float(part):.1%} of requests", f"{value:.1f} ms"]
            for part, value in report["percentiles"].items()
        ),
        ["memory after the warm-up", f"{report['megabytes'][0]:.0f} MB"],
        ["memory at its highest", f"{max(report['megabytes']):.0f} MB"],
        ["memory at the end", f"{report['megabytes'][-1]:.0f} MB ({growth_of(report):+.1%})"],
    ]
    return "\n".join(markdown_table([["", "soak"], *rows]))


def _request(saved_model, seconds, seed):
    content = (pathlib.Path(saved_model) / "saved_model.pb").read_bytes()
    signature = saved_model_pb2.SavedModel.FromString(content).meta_graphs[0].signature_def["serving_default"]
    generator = random.Random(seed)
    texts = [random_text(generator).encode() for _ in range(TEXTS)] + POISON
    return {
        "site_packages": str(pathlib.Path(tf.__file__).parents[1]),
        "saved_model": str(saved_model),
        "input": signature.inputs["text"].name,
        "outputs": {key: output.name for key, output in signature.outputs.items()},
        "texts": [base64.b64encode(text).decode() for text in texts],
        "clients": CLIENTS,
        "seconds": seconds,
        "warm_up": min(60, 0.2 * seconds),
    }


def _options(arguments):
    parser = argparse.ArgumentParser(prog="python -m fuzz.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0, help="of the texts")
    parser.add_argument("--saved-model", type=pathlib.Path, help="folder of a version [default: a small random model]")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
