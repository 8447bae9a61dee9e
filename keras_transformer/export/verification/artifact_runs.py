"""The same texts through the model in this process, and through an artifact in a fresh one."""

import json
import pathlib
import sys
import tempfile
import time
from typing import NamedTuple

import tensorflow as tf

from keras_transformer.errors import ExportError
from keras_transformer.export.saved_model.served_operations import served_operations
from keras_transformer.export.saved_model.text_to_text import source_ids_of
from keras_transformer.export.tflite.tflite_file import operations_of
from keras_transformer.files.whole_files import naming
from keras_transformer.generation import Generator
from keras_transformer.generation.beam_search import LENGTH_FACTOR, LENGTH_MARGIN
from keras_transformer.models.dtype_policy import in_float32
from keras_transformer.processes.command_process import run_child
from keras_transformer.text.blank import BLANK_PATTERN

_RUNNERS = pathlib.Path(__file__).parent / "runners"
_NUM_WARMUPS = 2


class Run(NamedTuple):
    """What came out for every text, in their order.

    Args:
        translations: strings.
        tokens: lists of written tokens, the end token among them; None where the artifact does not tell.
        scores: floats; None where the artifact does not tell.
        milliseconds: how long each took, alone in its batch, with tokenizing and writing.
    """

    translations: list
    tokens: list | None
    scores: list | None
    milliseconds: list


def run_model(translator, texts, settings, progress=None):
    """Translates texts with the model itself, one at a time.

    Args:
        translator: the `Translator`.
        texts: a list of strings.
        settings: `SearchSettings` with a `max_length`.
        progress: called with 1 after each text. Default None.

    Returns:
        `Run`.
    """
    generator = Generator(in_float32(translator.model))
    run = Run([], [], [], [])
    for number, text in enumerate([*texts[:_NUM_WARMUPS], *texts]):
        started = time.perf_counter()
        source_ids = source_ids_of(translator.source_tokenizer, tf.constant([text]), settings.max_length)
        found = generator.generate(
            source_ids, settings.beam_size, settings.length_penalty, max_length=settings.max_length
        )
        target_ids = found.token_ids[0]
        translation = translator.target_tokenizer.detokenize(target_ids).numpy()[0].decode("utf-8")
        milliseconds = 1000 * (time.perf_counter() - started)
        if number < min(_NUM_WARMUPS, len(texts)):
            continue
        tokens = translator.target_tokenizer.tokens(tf.boolean_mask(target_ids, target_ids != 0))
        run.translations.append(translation)
        run.tokens.append([token.decode("utf-8") for token in tokens.numpy()])
        run.scores.append(float(found.scores[0, 0]))
        run.milliseconds.append(milliseconds)
        if progress is not None:
            progress(1)
    return run


def run_saved_model(folder, texts):
    """`Run` of a SavedModel."""
    return _run("run_saved_model.py", folder, {"texts": texts})


def run_tflite(file, translator, texts, max_length, is_quantized):
    """`Run` of a TFLite file from token ids to token ids."""
    request = {"texts": texts, "max_length": max_length, "is_quantized": is_quantized, "blank": BLANK_PATTERN}
    return _run("run_tflite.py", file, request, translator)


def run_tflite_text(file, texts):
    """`Run` of a TFLite file from text to text."""
    return _run("run_tflite_text.py", file, {"texts": texts})


def run_ctranslate2(folder, translator, texts, max_length):
    """`Run` of a CTranslate2 folder, by greedy search."""
    limits = {"max_length": max_length, "length_factor": LENGTH_FACTOR, "length_margin": LENGTH_MARGIN}
    return _run("run_ctranslate2.py", folder, {"texts": texts, "blank": BLANK_PATTERN, **limits}, translator)


def operations(artifact):
    """The operations of a SavedModel or a TFLite file, sorted; None of another artifact."""
    if artifact.is_file():
        return operations_of(artifact.read_bytes())
    return list(served_operations(artifact)) if (artifact / "saved_model.pb").is_file() else None


def _run(runner, artifact, request, translator=None):
    with tempfile.TemporaryDirectory() as folder, naming(folder):
        folder = pathlib.Path(folder)
        if translator is not None:
            for side, tokenizer in (("source", translator.source_tokenizer), ("target", translator.target_tokenizer)):
                tokenizer.save(folder / f"{side}.model")
                request[f"{side}_tokenizer"] = str(folder / f"{side}.model")
        (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
        command = [sys.executable, _RUNNERS / runner, artifact, folder / "request.json", folder / "result.json"]
        status, errors = run_child(command)
        if status:
            reason = (errors.strip() or f"it ended with {status}").splitlines()[-1]
            raise ExportError(f"The artifact does not run in a fresh process: {reason}")
        return Run(**json.loads((folder / "result.json").read_text(encoding="utf-8")))
