"""Translates the lines of a JSON list with a `.tflite` file and prints translations, time and memory as JSON.

Usage: python benchmarks/mobile_run.py FILE.tflite LINES.json THREADS
"""

import json
import pathlib
import statistics
import sys
import time

import numpy as np
from ai_edge_litert.interpreter import Interpreter

NUM_WARMUPS = 5


def run_file(file, source, threads):
    """Prints the translations, the median time and the memory of a `.tflite` file as JSON."""
    lines = json.loads(pathlib.Path(source).read_text(encoding="utf-8"))
    before = peak_memory()
    translate_text = Interpreter(model_path=file, num_threads=threads).get_signature_runner("translate_text")

    def translate(line):
        code_points = np.array([[ord(character) for character in line] or [0]], "int32")
        return "".join(chr(point) for point in translate_text(code_points=code_points)["code_points"][0, 0] if point)

    for line in lines[:NUM_WARMUPS]:
        translate(line)
    times, translations = [], []
    for line in lines:
        started = time.perf_counter()
        translations.append(translate(line))
        times.append(1000 * (time.perf_counter() - started))
    memory = peak_memory() - before
    print(json.dumps({"translations": translations, "milliseconds": statistics.median(times), "memory": memory}))


def peak_memory():
    """Returns the peak resident memory of this process in MB."""
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    run_file(*sys.argv[1:3], int(sys.argv[3]))
