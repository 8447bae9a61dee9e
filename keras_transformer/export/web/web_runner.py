"""Runs the model of a page with ai_edge_litert and NumPy, and the page's own program in Node if Node is installed."""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import time

import numpy as np
from ai_edge_litert.interpreter import Interpreter

NUM_WARMUPS = 2
FIXED_LENGTH = 256
OLDEST_NODE = 18
# Computations in bytes depend slightly on the padding and the machine, so some translations of quantised files may
# differ.
QUANTIZED_SHARE = 0.3
_NODE_PROGRAM = pathlib.Path(__file__).with_name("web_runner.mjs")


def run(folder, texts, is_quantized):
    result = run_python(folder, texts, is_quantized)
    short = [index for index, text in enumerate(texts) if len(text) <= FIXED_LENGTH]
    found_in_node = run_node(folder, [texts[index] for index in short])
    same = [found["translation"] == result["translations"][index] for index, found in zip(short, found_in_node)]
    if are_too_different(same, is_quantized):
        sys.exit(f"LiteRT.js and LiteRT in Python translate {texts[short[same.index(False)]]!r} differently")
    for index, found in zip(short, found_in_node):
        for field, name in (("translations", "translation"), ("scores", "score"), ("milliseconds", "milliseconds")):
            result[field][index] = found[name]
    return {**result, "tokens": None}


def run_python(folder, texts, is_quantized):
    """Translates with the signature of any length, and checks that the one of a fixed length gives the same."""
    interpreter = Interpreter(model_path=str(pathlib.Path(folder, "model.tflite")))
    translate = interpreter.get_signature_runner("translate_text")
    fixed = interpreter.get_signature_runner(f"translate_text_{FIXED_LENGTH}")
    result, same = {"translations": [], "scores": [], "milliseconds": []}, []
    for number, text in enumerate([*texts[:NUM_WARMUPS], *texts]):
        started = time.perf_counter()
        row = [ord(character) for character in text] or [0]
        translation, score = best_of(translate(code_points=np.array([row], "int32")))
        milliseconds = 1000 * (time.perf_counter() - started)
        if number < min(NUM_WARMUPS, len(texts)):
            continue
        if len(row) <= FIXED_LENGTH:
            padded = np.array([row + [0] * (FIXED_LENGTH - len(row))], "int32")
            same.append(best_of(fixed(code_points=padded))[0] == translation)
        result["translations"].append(translation)
        result["scores"].append(score)
        result["milliseconds"].append(milliseconds)
    if are_too_different(same, is_quantized):
        sys.exit(f"the signatures translate_text and translate_text_{FIXED_LENGTH} give different translations")
    return result


def are_too_different(same, is_quantized):
    """Returns whether too many of two signatures' translations differ, from a list of bools."""
    return same.count(False) > (max(1, QUANTIZED_SHARE * len(same)) if is_quantized else 0)


def best_of(found):
    return "".join(chr(point) for point in found["code_points"][0, 0] if point), float(found["scores"][0, 0])


def run_node(folder, texts):
    """Returns the results of the page's program, or nothing without a Node that runs it."""
    node = shutil.which("node")
    if node is None or not texts or major_version(node) < OLDEST_NODE:
        return []
    request = json.dumps(texts)
    program = subprocess.run([node, _NODE_PROGRAM, folder], input=request, capture_output=True, encoding="utf-8")
    if program.returncode:
        errors = re.findall(r"^\s*\w*Error: .+", program.stderr, re.MULTILINE)
        sys.exit(f"the page's program fails in Node: {(errors or [f'it ended with {program.returncode}'])[0].strip()}")
    return json.loads(program.stdout)


def major_version(node):
    """Returns 20 for a Node that prints v20.11.1, or 0 if it prints something else."""
    text = subprocess.run([node, "--version"], capture_output=True, encoding="utf-8").stdout
    found = re.match(r"v(\d+)\.", text)
    return int(found[1]) if found else 0


if __name__ == "__main__":
    artifact, request, result = sys.argv[1:]
    arguments = json.loads(pathlib.Path(request).read_text(encoding="utf-8"))
    pathlib.Path(result).write_text(json.dumps(run(artifact, **arguments)), encoding="utf-8")
