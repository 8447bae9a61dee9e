"""Time and memory of a training step: this library, keras-nlp's layers and PyTorch, side by side.

All train the same Transformer with tied output, Adam, dropout and label smoothing on the same batch without padding:
the preset `tiny` (4+4 layers, 128/256, 4 heads) or `base` (6+6, 512/2048, 8 heads). Each contestant has a process of
its own, and they take turns, so that other load on the machine affects all alike. keras-nlp's layers are measured with
this library's loss, so that only the layers differ, and with Keras's cross-entropy. PyTorch's Adam is the fused one.

The last row is the time that the matrix products of a step would take at the rate of one large product.

Usage: python benchmarks/training_step.py [--rounds 5] [--steps 5] [--precision float32] [--preset tiny]
       [--vocabulary-size 10000] [--batch-size 128] [--length 24] [--threads 0] [--only NAME]... [--xla]
"""

import argparse
import contextlib
import json
import pathlib
import statistics
import subprocess
import sys

from step_settings import CONTESTANTS, Settings

FIRST = "keras-transformer"
NUM_WARMUPS = 2


class Contestant:
    """A process of `step_worker.py`, the times of its steps, and its peak memory in MB."""

    def __init__(self, name, settings):
        script = pathlib.Path(__file__).with_name("step_worker.py")
        command = [sys.executable, str(script), name, json.dumps(vars(settings))]
        self.name = name
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.milliseconds, self.peak = [], 0.0

    def run(self, steps):
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            reason = (self.process.stderr.read().strip().splitlines() or ["no message"])[-1]
            raise RuntimeError(f"{self.name}: {reason}")
        answer = json.loads(line)
        self.peak = answer["peak_megabytes"]
        return answer["milliseconds"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def measured(names, settings, rounds, steps):
    """Runs contestants in turns. Those that fail are reported on standard error and dropped."""
    contestants = []
    with contextlib.ExitStack() as stack:
        for name in names:
            contestant = Contestant(name, settings)
            stack.callback(contestant.close)
            try:
                contestant.run(NUM_WARMUPS)
                contestants.append(contestant)
            except (RuntimeError, BrokenPipeError) as error:
                print(f"Not measured: {error}", file=sys.stderr)
        for _ in range(rounds):
            for contestant in contestants:
                contestant.milliseconds += contestant.run(steps)
    return contestants


def table(contestants, settings):
    """Returns the lines of a Markdown table of the results."""
    medians = {contestant.name: statistics.median(contestant.milliseconds) for contestant in contestants}
    first = medians.get(FIRST, next(iter(medians.values())))
    count = len(contestants[0].milliseconds)
    title = f"{settings.preset}, {settings.vocabulary_size:,} tokens, {settings.precision}"
    lines = [
        f"| {title}, median of {count} steps | ms | ratio | 10^9 operations/s | peak memory, MB |",
        "|---|---|---|---|---|",
    ]
    for contestant in contestants:
        median = medians[contestant.name]
        rate = 1000 * settings.giga_operations / median
        columns = [contestant.name, f"{median:.0f}", f"{median / first:.2f}", f"{rate:.0f}", f"{contestant.peak:,.0f}"]
        lines.append(f"| {' | '.join(columns)} |")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--only", action="append", choices=CONTESTANTS)
    parser.add_argument("--precision", choices=("float32", "tf32", "bfloat16"), default="float32")
    parser.add_argument("--preset", choices=("tiny", "base"), default="tiny")
    for name in ("vocabulary_size", "batch_size", "length", "threads"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=getattr(Settings, name))
    parser.add_argument("--xla", action="store_true", help="compile the steps of Keras with XLA")
    options = vars(parser.parse_args())
    rounds, steps, only = options.pop("rounds"), options.pop("steps"), options.pop("only")
    settings = Settings(**options)
    print(*table(measured(only or CONTESTANTS, settings, rounds, steps), settings), sep="\n")


if __name__ == "__main__":
    main()
