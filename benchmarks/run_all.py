"""Runs the benchmarks one after the other and writes `results.md` with the machine, versions, date and commit.

Usage: python benchmarks/run_all.py MODEL_FOLDER [--source FILE] [--reference FILE] [--only SCRIPT]... [--quick]

`make bench` trains the demonstration model and runs this script on it. The default texts are the validation sentences
of the model folder. With `--quick`, every benchmark has few rounds. A benchmark that fails is listed with its reason.
"""

import argparse
import datetime
import importlib.metadata
import os
import pathlib
import platform
import subprocess
import sys

FOLDER = pathlib.Path(__file__).parent
RESULTS, PLOT = FOLDER / "results.md", FOLDER / "results.png"
PACKAGES = ("tensorflow", "keras", "torch", "keras-nlp", "ctranslate2", "ai-edge-litert", "numpy")


def commands(options):
    """Returns the arguments of each benchmark."""
    model, source, reference = options.model, options.source, options.reference
    rounds = ["--rounds", "1" if options.quick else "5"]
    steps = [*rounds, "--steps", "2" if options.quick else "4"]
    large = ["--vocabulary-size", "32000", "--length", "64"]
    memory = ["--only", "keras-transformer", "--only", "keras-transformer, whole logits", "--only", "PyTorch, eager"]
    return [
        ["training_step.py", *steps],
        ["training_step.py", *steps, "--precision", "bfloat16"],
        ["training_step.py", "--rounds", "1", "--steps", "2", *large, *memory],
        ["training_step.py", "--rounds", "2", "--steps", "10", "--preset", "base", "--vocabulary-size", "32000"],
        ["recipe_step.py", "phrases", "training.precision=bfloat16", "training.loss_rows=0", *rounds],
        ["decoding.py", model, source, *rounds],
        ["latency.py", model, source],
        ["mobile_formats.py", model, source, reference],
        ["growth.py", *rounds, "--plot", PLOT, "--model", model, "--source", source],
    ]


def header():
    """Returns the lines about the machine, versions, date and commit."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=FOLDER, capture_output=True, text=True, check=False
    ).stdout.strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    rows = {
        "date": datetime.date.today().isoformat(),
        "commit": commit or "unknown",
        "processor": f"{processor()}, {os.cpu_count()} cores, {memory:.0f} GiB",
        "load at the beginning": f"{os.getloadavg()[0]:.1f}",
        "Python": platform.python_version(),
        **{name: version_of(name) for name in PACKAGES},
    }
    return ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())]


def processor():
    """Returns the name of the processor."""
    cpuinfo = pathlib.Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def version_of(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def section(command):
    """Runs a benchmark and returns the lines of its section."""
    command = [str(part) for part in command]
    shown = " ".join(f'"{part}"' if " " in part else part for part in command)
    print(f"{shown} ...", file=sys.stderr)
    run = subprocess.run(
        [sys.executable, FOLDER / command[0], *command[1:]], capture_output=True, text=True, check=False
    )
    lines = [f"## {command[0]}", "", f"`python benchmarks/{shown}`", "", run.stdout.strip()]
    if run.returncode:
        reason = (run.stderr.strip().splitlines() or ["no message"])[-1]
        lines += ["", f"Failed: {reason}"]
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path, help="model folder")
    parser.add_argument("--source", type=pathlib.Path)
    parser.add_argument("--reference", type=pathlib.Path)
    parser.add_argument("--only", action="append", help="name of a script, such as growth.py")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    options.source = options.source or options.model / "validation.source.txt"
    options.reference = options.reference or options.model / "validation.target.txt"
    chosen = [command for command in commands(options) if not options.only or command[0] in options.only]
    text = ["# Results of the benchmarks", "", *header()]
    for command in chosen:
        text += ["", *section(command)]
        RESULTS.write_text("\n".join(text) + "\n", encoding="utf-8")  # After each, so that a stop loses nothing.
    if PLOT.exists():
        RESULTS.write_text(
            "\n".join([*text, "", f"![Growth of the time of decoding]({PLOT.name})"]) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
