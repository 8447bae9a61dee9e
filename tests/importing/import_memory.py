"""The peak of memory of an import, in a process of its own."""

import pathlib
import subprocess
import sys

_SCRIPT = """
import pathlib, re, sys
import keras_transformer as kt
from keras_transformer.importing import {name}

def peak():  # Unlike ru_maxrss without the peak of the parent.
    return int(re.search(r"VmHWM:\\s*(\\d+)", pathlib.Path("/proc/self/status").read_text())[1])

kt.build_transformer(kt.TransformerConfig.from_preset("tiny", vocabulary_size=500))
before = peak()
{name}(sys.argv[1]).save(sys.argv[2])
print((peak() - before) * 1024)
"""


def assert_peak_below_twice(weights, name, folder, output):
    """Asserts that an import takes less than twice the memory of its weights.

    Args:
        weights: size of the weights in bytes.
        name: name of the class of the folder in `keras_transformer.importing`.
        folder: the folder to import.
        output: the model folder to write.
    """
    root = pathlib.Path(__file__).parents[2]
    found = subprocess.run(
        [sys.executable, "-c", _SCRIPT.format(name=name), folder, output],
        env={"PYTHONPATH": str(root), "TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    peak = int(found.stdout)
    print(f"weights {weights:,} bytes, peak {peak:,}, {peak / weights:.2f} times")
    assert peak < 2 * weights
