"""Speed of decoding: this library's TensorFlow graph against CTranslate2 in float32 with the same weights.

The lines are sorted by length and decoded in batches, first by one, then by the other, round by round, so that
other load on the machine affects both alike. CTranslate2 has another length penalty and other rules for when to stop
a beam. Above beam size 1 the amount of work is similar, but not equal. At beam size 1 the fraction of equal
translations is printed. It should be close to 1. CTranslate2's threads wait in busy loops. If other programs use the
same cores, measure with `--threads 1` and compare the processor times.

Usage: python benchmarks/decoding.py MODEL_FOLDER SOURCE_FILE [--beam-size 1 4] [--batch-size 64] [--threads 2]
"""

import argparse
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
from keras_transformer.generation import Generator
from keras_transformer.generation.beam_search import LENGTH_FACTOR, LENGTH_MARGIN
from keras_transformer.special_tokens import END_ID, NUM_SPECIAL_TOKENS


def make_batches(tokenizer, lines, batch_size):
    """Lists of token ids without the end token. The lengths in a batch are similar."""
    rows = sorted(tokenizer.tokenize(lines).to_list(), key=len)
    return [rows[start : start + batch_size] for start in range(0, len(rows), batch_size)]


class Ours:
    """Decodes with the TensorFlow graph."""

    def __init__(self, translator, batches):
        self.generator = Generator(translator.model)
        self.tokens = translator.target_tokenizer.all_tokens()
        self.batches = [tf.ragged.constant([[*row, END_ID] for row in rows]).to_tensor() for rows in batches]

    def __call__(self, beam_size):
        # TensorFlow returns before the work is done. The conversion to an array waits for it.
        return [self.generator.generate(batch, beam_size).token_ids.numpy()[:, 0] for batch in self.batches]

    def translations(self, found):
        return [[self.tokens[token] for token in row if token >= NUM_SPECIAL_TOKENS] for rows in found for row in rows]


class CTranslate2:
    """Decodes with CTranslate2."""

    def __init__(self, translator, batches, threads):
        source_tokens = translator.source_tokenizer.all_tokens()
        with tempfile.TemporaryDirectory() as folder:
            save_ctranslate2(translator.model, source_tokens, translator.target_tokenizer.all_tokens(), folder)
            self.translator = ctranslate2.Translator(
                folder, device="cpu", compute_type="float32", inter_threads=1, intra_threads=threads
            )
        self.batches = [[[source_tokens[token] for token in row] for row in rows] for rows in batches]

    def __call__(self, beam_size):
        return [
            self.translator.translate_batch(
                rows,
                beam_size=beam_size,
                max_batch_size=len(rows),
                max_decoding_length=LENGTH_FACTOR * (max(map(len, rows)) + 1) + LENGTH_MARGIN,
            )
            for rows in self.batches
        ]

    def translations(self, found):
        return [result.hypotheses[0] for results in found for result in results]


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
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)

    translator = kt.Translator.load(options.model)
    lines = options.source.read_text(encoding="utf-8").splitlines()
    batches = make_batches(translator.source_tokenizer, lines, options.batch_size)
    contestants = {
        "keras-transformer, TensorFlow graph": Ours(translator, batches),
        "CTranslate2, float32": CTranslate2(translator, batches, options.threads),
    }
    print(f"| {len(lines)} sentences, batch {options.batch_size}, threads {options.threads} | beam | sentences/s |")
    print("|---|---|---|")
    for beam_size in options.beam_size:
        found = [decode.translations(decode(beam_size)) for decode in contestants.values()]
        times = measure(contestants, beam_size, options.rounds)
        for name, seconds in times.items():
            print(f"| {name} | {beam_size} | {len(lines) / statistics.median(wall for wall, _ in seconds):.0f} |")
        ours, theirs = (np.array(seconds) for seconds in times.values())
        wall, processor = np.median(theirs / ours, axis=0)
        print(f"| ratio, from wall-clock / processor time | {beam_size} | {wall:.2f} / {processor:.2f} |")
        equal = sum(left == right for left, right in zip(*found, strict=True))
        print(f"| equal translations | {beam_size} | {equal / len(lines):.1%} |", flush=True)


if __name__ == "__main__":
    main()
