"""Runs a text-to-text TFLite file with ai_edge_litert and TensorFlow Text's operations."""

import json
import pathlib
import sys
import time

import numpy as np
from ai_edge_litert.interpreter import InterpreterWithCustomOps
from tensorflow_text import tflite_registrar

NUM_WARMUPS = 2


def run(file, texts):
    operations = tflite_registrar.SELECT_TFTEXT_OPS
    translate = InterpreterWithCustomOps(model_path=file, custom_op_registerers=operations).get_signature_runner(
        "translate"
    )
    result = {"translations": [], "milliseconds": []}
    for text in [*texts[:NUM_WARMUPS], *texts]:
        started = time.perf_counter()
        translation = translate(text=np.array([text.encode("utf-8")], object))["translation"][0]
        result["milliseconds"].append(1000 * (time.perf_counter() - started))
        result["translations"].append(translation.decode("utf-8", "replace"))
    result = {name: values[len(values) - len(texts) :] for name, values in result.items()}
    return {**result, "tokens": None, "scores": None}


if __name__ == "__main__":
    artifact, request, result = sys.argv[1:]
    texts = json.loads(pathlib.Path(request).read_text(encoding="utf-8"))["texts"]
    pathlib.Path(result).write_text(json.dumps(run(artifact, texts)), encoding="utf-8")
