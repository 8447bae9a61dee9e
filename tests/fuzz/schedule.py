"""Divides the time of a run among the properties, and runs some of them at a time."""

import json
import pathlib
import subprocess
import sys
import time
from typing import NamedTuple

from fuzz.workers import fuzz_environment


class Task(NamedTuple):
    """A property and its part of the run.

    Args:
        name: name of the property.
        seconds: its time.
        seed: seed of its first case.
        cases: the maximum of cases, or None.
        failures: failures after which it ends, or None for the default.
    """

    name: str
    seconds: float
    seed: int
    cases: int | None
    failures: int | None = None


def run_tasks(tasks, workspace, folder, jobs, planted=None):
    """Runs tasks, `jobs` at a time. The longest starts first.

    Returns:
        The report of each property by its name, see `fuzz.run`.
    """
    waiting = sorted(tasks, key=lambda task: -task.seconds)
    running, reports = {}, {}
    while waiting or running:
        while waiting and len(running) < jobs:
            task = waiting.pop(0)
            running[task.name] = _start(task, workspace, folder, planted), task, time.monotonic()
        time.sleep(0.2)
        for name, (process, task, started) in [*running.items()]:
            if process.poll() is None:
                continue
            del running[name]
            report = _report(process, folder / f"{name}.json", task)
            reports[name] = _joined(reports.get(name), report)
            left = task.seconds - (time.monotonic() - started)
            if not report["done"] and left > 0 and task.cases is None:
                waiting.append(task._replace(seconds=left, seed=report["seed"] + 1))
    return reports


def _start(task, workspace, folder, planted):
    report = pathlib.Path(folder) / f"{task.name}.json"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "fuzz.run", task.name, "--workspace", workspace, "--report", report]
    command += ["--seed", task.seed, "--seconds", task.seconds]
    for option, value in (("--cases", task.cases), ("--failures", task.failures)):
        command += [] if value is None else [option, value]
    with (pathlib.Path(folder) / f"{task.name}.log").open("ab") as log:
        return subprocess.Popen(list(map(str, command)), env=fuzz_environment(planted), stderr=log)


def _report(process, path, task):
    """Returns the report of a process. If it crashed, its current case is added as a failure."""
    report = json.loads(path.read_text()) if path.exists() else None
    if report is None:
        report = {
            "cases": 0,
            "count": 0,
            "failures": [],
            "seed": task.seed,
            "seconds": 0,
            "cpu_seconds": 0,
            "done": False,
        }
    if not report["done"] or process.returncode:
        message = f"the process ended with {process.returncode}, see {path.with_suffix('.log')}"
        report["failures"].append({"seed": report["seed"], "message": message})
        print(f"FAILED {task.name}: {message}\n  again: make fuzz PROPERTY={task.name} SEED={report['seed']} CASES=1")
        if report["cases"] == 0:  # A repetition would end in the same way.
            report["done"] = True
    return report


def _joined(before, report):
    if before is None:
        return report
    added = {name: before[name] + report[name] for name in ("cases", "count", "failures", "seconds", "cpu_seconds")}
    return report | added
