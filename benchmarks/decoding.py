"""Speed of decoding: this library's TensorFlow graph against CTranslate2 in float32 with the same weights.

Both decode the same lines with each of their settings, round by round, so that other load on the machine affects both
alike, and the best setting of one is compared with the best setting of the other. A setting is a number of batches at a
time and a number of threads of each. CTranslate2 has another length penalty and other rules for when to stop a beam.
Above beam size 1 the amount of work is similar, but not equal. At beam size 1 the fraction of equal translations is
printed. It should be close to 1.

TensorFlow's threads of an operation are set once per process: `--threads`, 1 by default as in the command `translate`.

Usage: python benchmarks/decoding.py MODEL_FOLDER SOURCE_FILE [--beam-size 1 4] [--batch-size 64] [--threads 1]
"""

import argparse
import os
import pathlib
import statistics
import tempfile
import time

import keras_transformer as kt

kt.use_onednn()  # isort: split
import ctranslate2
import numpy as np
import tensorflow as tf

from keras_transformer.export.ctranslate2.ctranslate2_format import save_ctranslate2
from keras_transformer.generation import Generator, SearchSettings
from keras_transformer.generation.concurrent_batches import results_as_completed
from keras_transformer.generation.search_limits import LENGTH_FACTOR, LENGTH_MARGIN
from keras_transformer.special_tokens import END_ID, NUM_SPECIAL_TOKENS


def make_batches(tokenizer, lines, batch_size):
    """Lists of token ids without the end token. The lengths in a batch are similar."""
    rows = sorted(tokenizer.tokenize(lines).to_list(), key=len)
    return [rows[start : start + batch_size] for start in range(0, len(rows), batch_size)]


class Ours:
    """Decodes with the TensorFlow graph, some batches at a time."""

    def __init__(self, translator, batches, num_batches):
        self.generator = Generator(translator.model)
        self.tokens = translator.target_tokenizer.all_tokens()
        self.batches = [tf.ragged.constant([[*row, END_ID] for row in rows]).to_tensor() for rows in batches]
        self.num_batches = num_batches

    def __call__(self, beam_size):
        self.generator.trace(SearchSettings(beam_size=beam_size))
        found = [None] * len(self.batches)

        def decode(number):
            # TensorFlow returns before the work is done. The conversion to an array waits for it.
            return self.generator.generate(self.batches[number], beam_size).token_ids.numpy()[:, 0]

        for number, rows in results_as_completed(decode, list(range(len(found)))[::-1], self.num_batches):
            found[number] = rows
        return found

    def translations(self, found):
        return [[self.tokens[token] for token in row if token >= NUM_SPECIAL_TOKENS] for rows in found for row in rows]


class CTranslate2:
    """Decodes with CTranslate2, some batches at a time with some threads each."""

    def __init__(self, translator, batches, num_batches, threads):
        source_tokens = translator.source_tokenizer.all_tokens()
        with tempfile.TemporaryDirectory() as folder:
            save_ctranslate2(translator.model, source_tokens, translator.target_tokenizer.all_tokens(), folder)
            self.translator = ctranslate2.Translator(
                folder, device="cpu", compute_type="float32", inter_threads=num_batches, intra_threads=threads
            )
        self.rows = [[source_tokens[token] for token in row] for rows in batches for row in rows]
        self.batch_size = max(map(len, batches))

    def __call__(self, beam_size):
        return self.translator.translate_batch(
            self.rows,
            beam_size=beam_size,
            max_batch_size=self.batch_size,
            max_decoding_length=LENGTH_FACTOR * (max(map(len, self.rows)) + 1) + LENGTH_MARGIN,
        )

    def translations(self, found):
        return [result.hypotheses[0] for result in found]


def measure(contestants, beam_size, rounds):
    """Wall-clock and processor seconds of every round, by the name of the contestant."""
    times = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, decode in contestants.items():
            wall, processor = time.perf_counter(), time.process_time()
            decode(beam_size)
            times[name].append((time.perf_counter() - wall, time.process_time() - processor))
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="model folder")
    parser.add_argument("source", type=pathlib.Path, help="text file, a sentence a line")
    parser.add_argument("--beam-size", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1, help="threads of a TensorFlow operation")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)

    translator = kt.Translator.load(options.model)
    lines = options.source.read_text(encoding="utf-8").splitlines()
    batches = make_batches(translator.source_tokenizer, lines, options.batch_size)
    cores = os.cpu_count()
    ours = {f"keras-transformer, {count} x {options.threads}": Ours(translator, batches, count) for count in {1, cores}}
    settings = {(1, 1), (1, cores), (cores, 1)}
    theirs = {f"CTranslate2, {count} x {threads}": CTranslate2(translator, batches, count, threads)
              for count, threads in sorted(settings)}  # fmt: skip
    print(
        f"| {len(lines)} sentences, batches of {options.batch_size}; batches at a time x threads | beam | sentences/s |"
    )
    print("|---|---|---|")
    for beam_size in options.beam_size:
        found = [next(iter(each.values())) for each in (ours, theirs)]
        found = [decode.translations(decode(beam_size)) for decode in found]
        times = measure(ours | theirs, beam_size, options.rounds)
        walls = {name: statistics.median(wall for wall, _ in seconds) for name, seconds in times.items()}
        for name, wall in walls.items():
            print(f"| {name} | {beam_size} | {len(lines) / wall:.0f} |")
        best = [min(each, key=walls.get) for each in (ours, theirs)]
        one, other = (np.array(times[name]) for name in best)
        wall, processor = np.median(other / one, axis=0)
        print(f"| best / best: wall-clock / processor time | {beam_size} | {wall:.2f} / {processor:.2f} |")
        equal = sum(left == right for left, right in zip(*found, strict=True))
        print(f"| equal translations | {beam_size} | {equal / len(lines):.1%} |", flush=True)


if __name__ == "__main__":
    main()
