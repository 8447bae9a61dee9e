"""The command line of `make fuzz-planted`: plants every bug in turn and shows that its property catches it."""

import argparse
import pathlib
import sys
import tempfile

import fuzz.quiet_start  # noqa: F401, isort: skip  (before TensorFlow)

from fuzz.__main__ import make_workspace
from fuzz.planted import PLANTED_BUGS
from fuzz.schedule import Task, run_tasks
from keras_transformer.files.markdown_table import markdown_table

# An upper bound. On an idle machine the number of cases ends the run long before.
SECONDS = 3600
MOST_CASES = 40


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m fuzz.plant_all", description=__doc__)
    parser.add_argument("bugs", nargs="*", choices=[*PLANTED_BUGS, []], help="[default: all]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--workspace", type=pathlib.Path, help="folder of the models, made where it is missing and kept"
    )
    options = parser.parse_args(arguments)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        workspace = options.workspace or folder / "workspace"
        if not workspace.exists():
            make_workspace(workspace)
        for bug in options.bugs or PLANTED_BUGS:
            rows.append([bug, PLANTED_BUGS[bug].caught_by, *caught(bug, workspace, folder, options.seed)])
            print(f"{rows[-1][2]}: {bug}", flush=True)
    print("\n".join(markdown_table([["planted bug", "property", "caught", "by the case", "without the bug"], *rows])))
    return 0 if all(row[2] == "yes" and row[4] == "passes" for row in rows) else 1


def caught(name, workspace, folder, seed):
    """Returns whether the property finds the bug, the case, and whether this case passes without the bug."""
    bug = PLANTED_BUGS[name]
    broken = workspace
    if bug.in_artifacts:
        broken = folder / f"workspace_{list(PLANTED_BUGS).index(name)}"
        make_workspace(broken, planted=name)
    task = Task(bug.caught_by, SECONDS, seed, MOST_CASES, failures=1)
    report = run_tasks([task], broken, folder, jobs=1, planted=name)[bug.caught_by]
    if not report["failures"]:
        return "no", f"none of {report['cases']}", ""
    found = report["failures"][0]
    control = run_tasks([task._replace(seed=found["seed"], cases=1)], workspace, folder, jobs=1)[bug.caught_by]
    without = "fails as well" if control["failures"] else "passes"
    return "yes", f"seed {found['seed']}: {found['message'][:100]}", without


if __name__ == "__main__":
    sys.exit(main())
