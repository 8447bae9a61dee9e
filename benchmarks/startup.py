"""Start-up time of commands, as ratios to the time of `import tensorflow`.

Every command runs in a fresh process, round by round after `import tensorflow`, so that other load on the machine
affects all of them alike. The table has the medians of wall-clock time and of processor time. Processor time includes
all threads and depends less on other load.

Usage: python benchmarks/startup.py MODEL_FOLDER [--rounds 5]
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time

IMPORT = "import tensorflow"
TEXT = b"ein Mann geht .\n"


def commands(model):
    """The programs to measure, by name."""
    command = [sys.executable, "-m", "keras_transformer"]
    return {
        IMPORT: [sys.executable, "-c", IMPORT],
        "--help": [*command, "--help"],
        "--version": [*command, "--version"],
        "recipes": [*command, "recipes"],
        "translate --help": [*command, "translate", "--help"],
        "info": [*command, "info", model],
        "a missing model": [*command, "translate", f"{model}-missing"],
        "a missing text": [*command, "translate", model, "--input", f"{model}-missing"],
        "a wrong key of a recipe": [*command, "train", "phrases", "--set", "training.epoch=3"],
        "translate, one line": [*command, "translate", model],
    }


def run(command):
    """Wall-clock and processor seconds of a program."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, input=TEXT, env=environment, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - started, processor


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="model folder")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    programs = commands(options.model)
    rounds = [{name: run(command) for name, command in programs.items()} for _ in range(options.rounds)]
    print("| program | seconds | ratio | processor seconds | ratio |")
    print("|---|---|---|---|---|")
    for name in programs:
        cells = []
        for kind in (0, 1):
            seconds = statistics.median(times[name][kind] for times in rounds)
            ratio = statistics.median(times[name][kind] / times[IMPORT][kind] for times in rounds)
            cells += [f"{seconds:.2f}", f"{ratio:.2f}"]
        print(f"| `{name}` | {' | '.join(cells)} |" if name == IMPORT else f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
