"""One contestant of `training_step.py`, in a separate process.

It reads the number of steps to run from standard input, one number a line, and answers with the milliseconds of each
step and the peak memory as JSON.

Usage: python benchmarks/step_worker.py NAME SETTINGS, with the fields of `Settings` as JSON.
"""

import importlib
import json
import os
import sys

from step_settings import CONTESTANTS, Settings


def main():
    name, fields = sys.argv[1:]
    answers, sys.stdout = sys.stdout, sys.stderr
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")  # The contestants share a GPU.
    module_name, function = CONTESTANTS[name]
    module = importlib.import_module(module_name)
    steps = getattr(module, function)(Settings(**json.loads(fields)))
    for line in sys.stdin:
        milliseconds = steps(int(line))
        answer = {"milliseconds": milliseconds, "peak_megabytes": module.peak_megabytes()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
