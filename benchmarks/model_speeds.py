"""Speed of `Translator.translate` with several models on the same lines, as ratios to the first one.

The models translate all lines alternately, so that other load on the machine affects all alike. As in the command
`translate`, one batch per core is searched at a time, with one thread per operation.

Usage: python benchmarks/model_speeds.py SOURCE_FILE MODEL_FOLDER MODEL_FOLDER... [--beam-size 1 4] [--rounds 5]
"""

import argparse
import pathlib
import statistics
import time

import keras_transformer as kt

kt.use_onednn()  # isort: split
import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--beam-size", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    lines = options.source.read_text(encoding="utf-8").splitlines()
    translators = {path: kt.Translator.load(path) for path in options.models}
    print("| model | beam | sentences/s | ratio | tokens of a translation |\n|---|---|---|---|---|")
    for beam_size in options.beam_size:
        translations = {path: each.translate(lines, beam_size=beam_size) for path, each in translators.items()}
        seconds = {path: [] for path in translators}
        for _ in range(options.rounds):
            for path, translator in translators.items():
                started = time.perf_counter()
                translator.translate(lines, beam_size=beam_size)
                seconds[path].append(time.perf_counter() - started)
        first = seconds[options.models[0]]
        for path, times in seconds.items():
            ratio = statistics.median(map(float.__truediv__, first, times))
            tokens = translators[path].target_tokenizer.tokenize(translations[path]).row_lengths().numpy().mean()
            speed = len(lines) / statistics.median(times)
            print(f"| {path} | {beam_size} | {speed:.0f} | {ratio:.2f} | {tokens:.1f} |", flush=True)


if __name__ == "__main__":
    main()
