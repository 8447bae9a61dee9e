"""Translates texts with an artifact in a fresh process."""

import json
import pathlib
import sys

from keras_transformer.errors import ExportError
from keras_transformer.export.verification.run import read_run
from keras_transformer.files.temporary_folder import temporary_folder
from keras_transformer.files.whole_files import naming
from keras_transformer.moved_modules import moved_names
from keras_transformer.processes.command_process import run_child
from keras_transformer.text.blank import BLANK_PATTERN

__getattr__ = moved_names(__name__)


def run_program(program, artifact, texts, tokenizers=None, arguments=None):
    """Translates texts with an artifact in a fresh process, with only the packages that its users need.

    The program is one file. It is called as `python -P PROGRAM.py ARTIFACT REQUEST.json RESULT.json`. With `-P`, Python
    does not import modules from the folder of the program. CONTRIBUTING.md describes the request and the result.

    Args:
        program: path of the program.
        artifact: path of the artifact.
        texts: a list of strings, `texts` in the request.
        tokenizers: the `Tokenizers`. With them, the request has `source_tokenizer` and `target_tokenizer`, paths of
            SentencePiece models, and `blank`, the pattern of blank texts. Default None.
        arguments: further fields of the request, a dictionary for JSON. Default None.

    Returns:
        `Run`.

    Raises:
        ExportError: the program fails, or its result does not have the fields of `Run`.
    """
    program = pathlib.Path(program)
    with temporary_folder() as folder, naming(folder):
        request = {"texts": texts, **(arguments or {})}
        if tokenizers is not None:
            request["blank"] = BLANK_PATTERN
            for side, tokenizer in (("source", tokenizers.source), ("target", tokenizers.target)):
                tokenizer.save(folder / f"{side}.model")
                request[f"{side}_tokenizer"] = str(folder / f"{side}.model")
        (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
        command = [sys.executable, "-P", program, artifact, folder / "request.json", folder / "result.json"]
        status, errors = run_child(command, temporary=folder)
        if status:
            reason = (errors.strip() or f"it ended with {status}").splitlines()[-1]
            raise ExportError(f"The artifact does not run in a fresh process: {program.name}: {reason}")
        return read_run(folder / "result.json", program.name, len(texts))
