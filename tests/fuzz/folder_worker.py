"""Loads model folders and reports the outcome: `python -m fuzz.folder_worker`."""

import contextlib
import hashlib
import io
import json
import os
import pathlib
import resource
import tempfile
import time
import warnings

import fuzz.quiet_start  # noqa: F401, isort: skip  (before TensorFlow)

import numpy as np

from fuzz.planted import plant_from_environment
from fuzz.workers import serve
from keras_transformer.cli.main import main
from keras_transformer.errors import InputError
from keras_transformer.translator import Translator

TEXTS = ["나는 어제 카페에 갔다", "Der Hund", ""]
_GIGABYTE = 2**30


def answer(request):
    """Returns the outcome of `Translator.load` and `info` for a folder, and their time and memory."""
    pathlib.Path("/proc/self/clear_refs").write_text("5")  # Resets the peak to the current memory.
    before, started = _memory("VmHWM"), time.process_time()
    with _standard_error() as errors:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = loaded(request["folder"], request["translates"])
        found |= described(request["folder"])
    found["noise"] = errors.getvalue()
    return found | {"seconds": time.process_time() - started, "megabytes": (_memory("VmHWM") - before) / 1024}


def loaded(folder, translates):
    try:
        translator = Translator.load(folder)
    except (InputError, OSError) as error:
        return {"message": str(error), "kind": type(error).__name__}
    except BaseException as error:
        return {"crash": f"Translator.load: {type(error).__name__}: {error}"}
    weights = [np.array(weight) for weight in translator.model.weights if "seed_generator" not in weight.path]
    digest = hashlib.sha256(json.dumps(translator.config.to_dict()).encode())
    for part in [translator.source_tokenizer.model, translator.target_tokenizer.model, *(w.tobytes() for w in weights)]:
        digest.update(part)
    found = {"digest": digest.hexdigest(), "finite": all(np.isfinite(weight).all() for weight in weights)}
    if translates:
        try:
            found["translations"] = translator.translate(TEXTS, beam_size=2)
        except BaseException as error:
            found["crash"] = f"translate: {type(error).__name__}: {error}"
    return found


def described(folder):
    output = io.StringIO()
    errors = io.StringIO()
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            status = main(["info", folder])
    except BaseException as error:
        return {"crash": f"info: {type(error).__name__}: {error}"}
    return {"status": status, "output": output.getvalue(), "errors": errors.getvalue()}


class _Captured:
    def __init__(self, file):
        self.file = file

    def getvalue(self):
        self.file.seek(0)
        return self.file.read().decode(errors="replace")


@contextlib.contextmanager
def _standard_error():
    """Captures the output of C libraries to file descriptor 2, such as tracebacks of HDF5."""
    with tempfile.TemporaryFile() as file:
        kept = os.dup(2)
        os.dup2(file.fileno(), 2)
        captured = _Captured(io.BytesIO())
        try:
            yield captured
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            file.seek(0)
            captured.file = io.BytesIO(file.read())


def _memory(name):
    """A line of this process's status, in kilobytes."""
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    raise AssertionError(name)


if __name__ == "__main__":
    plant_from_environment()
    limit = _memory("VmSize") * 1024 + 4 * _GIGABYTE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    serve(answer)
