"""Measures the time per sentence of the exported artifacts of a model, with batches of one sentence.

Every sentence goes to every artifact in turn, so that other load on the machine affects all alike. Tokenizing is not
counted, except inside the SavedModel, which uses all cores. CTranslate2 stops its beams by other rules and has another
length penalty. Above beam size 1 the amount of its work is similar to that of the others, but not equal.

Usage: python benchmarks/latency.py MODEL_FOLDER SOURCE_FILE [--beam-size 1 4] [--threads 1] [--lines 200]
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
from ai_edge_litert.interpreter import Interpreter

from keras_transformer.generation.search_limits import LENGTH_FACTOR, LENGTH_MARGIN
from keras_transformer.special_tokens import END_ID

NUM_WARMUPS = 5


def saved_model_runner(translator, folder, beam_size, jit=False):
    path = translator.export_saved_model(folder / f"saved_model_{jit}", beam_size=beam_size, jit=jit)
    translate = tf.saved_model.load(str(path)).signatures["serving_default"]
    return lambda text: translate(text=tf.constant([text]))["translation"].numpy()


def tflite_runner(translator, folder, beam_size, quantize, threads):
    path = translator.export_tflite(folder / f"{quantize}.tflite", quantize, beam_size=beam_size)
    translate = Interpreter(model_path=str(path), num_threads=threads).get_signature_runner("translate")
    tokenize = translator.source_tokenizer.tokenize

    def prepare(text):
        source_ids = np.array([[*tokenize([text]).to_list()[0], END_ID]], "int32")
        return lambda: translate(source_ids=source_ids)

    return prepare


def ctranslate2_runner(translator, folder, beam_size, threads):
    path = translator.export_ctranslate2(folder / "ctranslate2")
    runner = ctranslate2.Translator(str(path), compute_type="float32", inter_threads=1, intra_threads=threads)
    tokens = translator.source_tokenizer.all_tokens()

    def prepare(text):
        row = [tokens[token] for token in translator.source_tokenizer.tokenize([text]).to_list()[0]]
        longest = LENGTH_FACTOR * (len(row) + 1) + LENGTH_MARGIN
        return lambda: runner.translate_batch([row], beam_size=beam_size, max_decoding_length=longest)

    return prepare


def measure(translator, texts, beam_size, threads):
    """Milliseconds of every text by artifact."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        saved_model, compiled = (saved_model_runner(translator, folder, beam_size, jit) for jit in (False, True))
        runners = {
            "CTranslate2, float32": ctranslate2_runner(translator, folder, beam_size, threads),
            "TFLite, float32": tflite_runner(translator, folder, beam_size, None, threads),
            "TFLite, float16": tflite_runner(translator, folder, beam_size, "float16", threads),
            "TFLite, int8": tflite_runner(translator, folder, beam_size, "int8", threads),
            "SavedModel": lambda text: lambda: saved_model(text),
            "SavedModel, --jit": lambda text: lambda: compiled(text),
        }
        for text in texts:  # XLA compiles each length at its first use.
            compiled(text)
        times = {name: [] for name in runners}
        for text in [*texts[:NUM_WARMUPS], *texts]:
            for name, prepare in runners.items():
                run = prepare(text)
                started = time.perf_counter()
                run()
                times[name].append(1000 * (time.perf_counter() - started))
    return {name: values[NUM_WARMUPS:] for name, values in times.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("--beam-size", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--lines", type=int, default=200)
    arguments = parser.parse_args()
    translator = kt.Translator.load(arguments.model)
    texts = [line for line in arguments.source.read_text(encoding="utf-8").splitlines() if line][: arguments.lines]
    for beam_size in arguments.beam_size:
        times = measure(translator, texts, beam_size, arguments.threads)
        first = statistics.median(times["CTranslate2, float32"])
        print(f"beam {beam_size}, {len(texts)} sentences, {arguments.threads} threads:")
        for name, values in times.items():
            median = statistics.median(values)
            print(f"  {name:22} median {median:7.2f} ms, {median / first:5.2f} times CTranslate2's", flush=True)


if __name__ == "__main__":
    main()
