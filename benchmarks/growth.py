"""Growth of the time of decoding with output length, beam, batch, source length and vocabulary, as a table and a plot.

The model has random weights and never generates the end token, so the number of steps is exact. For each axis, one
number changes and the others are those of `Case`. The exponent is the slope of log time against log value: 0 for a
constant time, 1 for a time proportional to the value. The values of an axis take turns, so that other load on the
machine affects all alike.

With a model folder and a file, `translate` also runs on parts of the file, with its peak memory.

Usage: python benchmarks/growth.py [--rounds 3] [--axes output_length ...] [--plot FILE.png] [--model MODEL --source F]
"""

import argparse
import dataclasses
import pathlib
import statistics
import subprocess
import sys
import time

import keras_transformer as kt

kt.use_onednn()  # isort: split
import numpy as np
import tensorflow as tf

from keras_transformer.special_tokens import END_ID, NUM_SPECIAL_TOKENS

MAX_LENGTH = 300
AXES = {
    "output_length": (32, 64, 128, 256),
    "beam_size": (1, 2, 4, 8, 16),
    "batch_size": (1, 4, 16, 64, 256),
    "source_length": (12, 24, 48, 96, 192),
    "vocabulary_size": (4_000, 8_000, 16_000, 32_000, 64_000),
}
LINES = (100, 1_000, 10_000)


@dataclasses.dataclass
class Case:
    """The numbers of a search. A search has at most twice the source tokens plus ten steps."""

    output_length: int = 24
    beam_size: int = 4
    batch_size: int = 16
    source_length: int = 24
    vocabulary_size: int = 10_000

    def with_value(self, axis, value):
        case = dataclasses.replace(self, **{axis: value})
        longest = max(case.source_length, case.output_length // 2)
        return dataclasses.replace(case, source_length=longest if axis == "output_length" else case.source_length)


class Decoder:
    """A model with random weights that never generates the end token."""

    def __init__(self, preset="tiny", vocabulary_size=10_000):
        config = kt.TransformerConfig.from_preset(
            preset, vocabulary_size=vocabulary_size, max_length=MAX_LENGTH, output_bias=True
        )
        model = kt.build_transformer(config)
        bias = np.zeros(vocabulary_size, "float32")
        bias[END_ID] = -1e4
        kt.models.transformer_parts(model).output_bias.bias.assign(bias)
        self.vocabulary_size = vocabulary_size
        self.generator = kt.generation.Generator(model)

    def seconds(self, batch_size, source_length, steps, beam_size, repetitions=2):
        """Returns the time of a search, the smaller of a few."""
        generator = np.random.default_rng(0)
        source_ids = generator.integers(NUM_SPECIAL_TOKENS, self.vocabulary_size, (batch_size, source_length))
        source_ids[:, -1] = END_ID
        times = []
        for _ in range(repetitions):
            start = time.perf_counter()
            found = self.generator.generate(tf.constant(source_ids), beam_size=beam_size, max_length=steps)
            found.token_ids.numpy()
            times.append(time.perf_counter() - start)
        return min(times)


def seconds_of_axis(axis, values, rounds):
    """Returns the median times of the values of an axis."""
    cases = {value: Case().with_value(axis, value) for value in values}
    decoders = {}
    times = {value: [] for value in values}
    for number in range(rounds + 1):
        for value, case in cases.items():
            size = case.vocabulary_size
            decoder = decoders.get(size) or decoders.setdefault(size, Decoder(vocabulary_size=size))
            seconds = decoder.seconds(case.batch_size, case.source_length, case.output_length, case.beam_size)
            if number:  # The first round traces the graphs.
                times[value].append(seconds)
    return {value: statistics.median(seconds) for value, seconds in times.items()}


def seconds_of_lines(model, source, counts):
    """Returns time and peak memory of the command `translate`, by number of lines. The file is repeated if needed."""
    lines = pathlib.Path(source).read_text(encoding="utf-8").splitlines()
    results = {}
    for count in counts:
        text = "".join(lines[number % len(lines)] + "\n" for number in range(count))
        start = time.perf_counter()
        run = subprocess.run(
            [sys.executable, "-c", PEAK_OF_TRANSLATE, str(model)],
            input=text,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=True,
        )
        results[count] = time.perf_counter() - start, int(run.stderr.split()[-1]) / 1024
    return results


# Translates standard input and writes the peak memory in KiB to standard error.
PEAK_OF_TRANSLATE = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-m", "keras_transformer", "translate", sys.argv[1]], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
"""


def exponent(seconds):
    """Returns the slope of log time against log value."""
    return float(np.polyfit(np.log(list(seconds)), np.log(list(seconds.values())), 1)[0])


def plot(results, path):
    """Draws time against value, one panel per axis."""
    import matplotlib.pyplot as plt

    # One scale of seconds, so that slopes can be compared.
    size = (3 * len(results), 3)
    figure, panels = plt.subplots(1, len(results), figsize=size, sharey=True, squeeze=False, layout="constrained")
    for panel, (axis, seconds) in zip(panels[0], results.items(), strict=True):
        panel.loglog(list(seconds), list(seconds.values()), marker="o")
        panel.set_xticks(list(seconds), [f"{value:,}" for value in seconds], rotation=45)
        panel.minorticks_off()
        panel.grid(alpha=0.3)
        panel.set(xlabel=axis.replace("_", " "), title=f"exponent {exponent(seconds):.2f}")
    panels[0, 0].set_ylabel("seconds")
    figure.savefig(path, dpi=150)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--axes", nargs="+", choices=AXES, default=list(AXES))
    parser.add_argument("--plot", type=pathlib.Path)
    parser.add_argument("--model", help="model folder")
    parser.add_argument("--source", type=pathlib.Path, help="text file, a sentence a line")
    parser.add_argument("--lines", type=int, nargs="+", default=list(LINES))
    options = parser.parse_args()

    results = {}
    print(f"With {dataclasses.asdict(Case())}:\n")
    print("| axis | value | seconds | exponent |\n|---|---|---|---|")
    for axis in options.axes:
        results[axis] = seconds_of_axis(axis, AXES[axis], options.rounds)
        for value, seconds in results[axis].items():
            last = f"{exponent(results[axis]):.2f}" if value == AXES[axis][-1] else ""
            print(f"| {axis.replace('_', ' ')} | {value:,} | {seconds:.3f} | {last} |", flush=True)
    if options.model and options.source:
        print("\n| `translate`, lines | seconds | peak memory, MB |\n|---|---|---|")
        for count, (seconds, peak) in seconds_of_lines(options.model, options.source, options.lines).items():
            print(f"| {count:,} | {seconds:.1f} | {peak:.0f} |", flush=True)
    if options.plot:
        plot(results, options.plot)


if __name__ == "__main__":
    main()
