"""The command line of `make fuzz`: runs every property for its part of the time and prints a table."""

import argparse
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

import fuzz.quiet_start  # noqa: F401, isort: skip  (before TensorFlow)

from fuzz.properties import PROPERTIES
from fuzz.schedule import Task, run_tasks
from fuzz.workers import fuzz_environment
from keras_transformer.files.markdown_table import markdown_table


def main(arguments=None):
    options = _options(arguments)
    names = options.property or list(PROPERTIES)
    seed = random.SystemRandom().randrange(2**30) if options.seed is None else options.seed
    folder = pathlib.Path(tempfile.mkdtemp(prefix="fuzz_run_"))
    workspace = options.workspace or folder / "workspace"
    print(f"Seed {seed}, {options.minutes:g} minutes, {options.jobs} processes at a time.", flush=True)
    try:
        started = time.monotonic()
        if not workspace.exists():
            print("Making the models and their artifacts ...", flush=True)
            make_workspace(workspace)
        left = max(1.0, 60 * options.minutes - (time.monotonic() - started))
        total = sum(PROPERTIES[name].share for name in names)
        seconds = {name: min(left, left * options.jobs * PROPERTIES[name].share / total) for name in names}
        tasks = [Task(name, seconds[name], seed, options.cases) for name in names]
        reports = run_tasks(tasks, workspace, folder, options.jobs)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(table_of({name: reports[name] for name in names}))
    return 1 if any(report["failures"] for report in reports.values()) else 0


def make_workspace(path, planted=None):
    """Makes the shared models in a separate process. An incomplete folder is removed."""
    unfinished = path.with_name(f"{path.name}_unfinished")
    command = [sys.executable, "-m", "fuzz.workspace", str(unfinished)]
    done = subprocess.run(command, env=fuzz_environment(planted), capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(unfinished, ignore_errors=True)
        sys.exit(f"The models cannot be made:\n{done.stderr[-3000:]}")
    unfinished.rename(path)


def table_of(reports):
    """Property, cases, failures and seconds as a table."""
    rows = []
    for name, report in reports.items():
        counted = f"{report['count']:,} {PROPERTIES[name].unit}" + (
            f", skipped: {report['skipped']}" if "skipped" in report else ""
        )
        rows.append(
            [name, counted, str(len(report["failures"])), f"{report['seconds']:.0f}", f"{report['cpu_seconds']:.0f}"]
        )
    return "\n".join(markdown_table([["property", "cases", "failures", "seconds", "processor seconds"], *rows]))


def _options(arguments):
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, help="of the first case of every property [default: another each time]")
    parser.add_argument("--property", action="append", choices=PROPERTIES, help="only this one; may be repeated")
    parser.add_argument("--cases", type=int, help="most cases of each property")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at a time")
    parser.add_argument(
        "--workspace", type=pathlib.Path, help="folder of the models, made where it is missing and kept"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
