"""Checks one property for a time in a separate process, which `fuzz` starts: `python -m fuzz.run NAME ...`."""

import argparse
import json
import os
import pathlib
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback

import fuzz.quiet_start  # noqa: F401, isort: skip  (before TensorFlow)

from fuzz.fuzz_property import Failure, Skip
from fuzz.planted import plant_from_environment
from fuzz.properties import PROPERTIES
from fuzz.workers import PLANTED
from fuzz.workspace import Workspace

MOST_FAILURES = 20
MOST_SHOWN = 5


def check_property(fuzz_property, first_seed, cases, seconds, report, failures=MOST_FAILURES):
    """Checks cases with consecutive seeds until the time is over, or enough cases passed or failed.

    Args:
        fuzz_property: a `FuzzProperty`.
        first_seed: seed of the first case.
        cases: the maximum of cases; None for no limit.
        seconds: the time. At least one case is checked.
        report: called with the returned dictionary, before each case and at the end.
        failures: number of failures after which it ends.

    Returns:
        A dictionary: `cases`, `count` (of inputs that passed), `failures` and the `seed` of the present case.
    """
    state = {"cases": 0, "count": 0, "failures": [], "seed": first_seed}
    end = time.monotonic() + seconds
    while len(state["failures"]) < failures and (cases is None or state["cases"] < cases):
        report(state)
        folder = pathlib.Path(tempfile.mkdtemp(prefix="fuzz_"))
        try:
            state["count"] += fuzz_property.check(random.Random(state["seed"]), folder)
        except Failure as error:
            fail(state, fuzz_property.name, str(error))
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            fail(state, fuzz_property.name, f"{type(error).__name__}: {error} ({place.filename}:{place.lineno})")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        state["cases"] += 1
        state["seed"] += 1
        if time.monotonic() > end:
            break
    report(state)
    return state


def fail(state, name, message):
    state["failures"].append({"seed": state["seed"], "message": message})
    if len(state["failures"]) <= MOST_SHOWN:
        print(f"FAILED {name}: {message[:1500]}", flush=True)
        print(f"  again: make fuzz PROPERTY={name} SEED={state['seed']} CASES=1", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=PROPERTIES)
    parser.add_argument("--workspace", required=True)
    parser.add_argument("--report", required=True, type=pathlib.Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--cases", type=int)
    parser.add_argument("--failures", type=int, default=MOST_FAILURES)
    parser.add_argument("--seconds", type=float, required=True)
    arguments = parser.parse_args()
    started = time.monotonic()

    def report(state, done=False):
        usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        cpu = sum(usage.ru_utime + usage.ru_stime for usage in usages)
        text = json.dumps(state | {"done": done, "seconds": time.monotonic() - started, "cpu_seconds": cpu})
        arguments.report.with_suffix(".new").write_text(text)
        arguments.report.with_suffix(".new").replace(arguments.report)

    plant_from_environment()
    try:
        fuzz_property = PROPERTIES[arguments.name](Workspace(arguments.workspace), os.environ.get(PLANTED))
    except Skip as skip:
        report({"cases": 0, "count": 0, "failures": [], "skipped": str(skip)}, done=True)
        return 0
    try:
        left = max(0.0, arguments.seconds - (time.monotonic() - started))
        state = check_property(fuzz_property, arguments.seed, arguments.cases, left, report, arguments.failures)
    finally:
        fuzz_property.close()
    report(state, done=True)  # The processor time of worker processes is counted from here on.
    return 0


if __name__ == "__main__":
    sys.exit(main())
