"""Measures the time that the tokenizer of a `.tflite` file adds to a translation, on sentences of about 60 characters.

Every sentence goes to every signature in turn. Times are processor time, on which other load on the machine has little
effect.

Usage: python benchmarks/text_signature.py FILE.tflite SOURCE_FILE [--threads 1] [--lines 200] [--rounds 3]
"""

import argparse
import pathlib
import statistics
import time

import numpy as np
from ai_edge_litert.interpreter import Interpreter

NUM_WARMUPS = 5
SHORTEST, LONGEST = 50, 70
FIXED_LENGTH = 256
END_ID = 3


def code_points(text):
    return np.array([[ord(character) for character in text]], "int32")


def runs_of(interpreter):
    """Returns for each signature a function from a text to a call without arguments."""
    names = ("translate", "translate_text", f"translate_text_{FIXED_LENGTH}", "tokenize", "detokenize")
    translate, of_text, of_fixed_text, tokenize, detokenize = map(interpreter.get_signature_runner, names)
    beam_size, max_length = translate.get_output_details()["target_ids"]["shape_signature"][1:]

    def ids(text):
        tokens = tokenize(code_points=code_points(text))["ids"][0]
        return np.array([[*tokens[: max_length - 1], END_ID]], "int32")

    def rows(text):
        return np.repeat(ids(text), beam_size, axis=0)

    def prepared(call, argument, make):
        def prepare(text):
            value = make(text)
            return lambda: call(**{argument: value})

        return prepare

    return {
        "translate": prepared(translate, "source_ids", ids),
        "translate_text": prepared(of_text, "code_points", code_points),
        f"translate_text_{FIXED_LENGTH}": prepared(
            of_fixed_text, "code_points", lambda text: code_points(text.ljust(FIXED_LENGTH, "\0"))
        ),
        "tokenize": prepared(tokenize, "code_points", code_points),
        "detokenize, all hypotheses": prepared(detokenize, "ids", rows),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--lines", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    lines = arguments.source.read_text(encoding="utf-8").splitlines()
    texts = [line for line in lines if SHORTEST <= len(line) <= LONGEST][: arguments.lines]
    runs = runs_of(Interpreter(model_path=str(arguments.file), num_threads=arguments.threads))
    times = {name: [] for name in runs}
    for text in texts[:NUM_WARMUPS] + texts * arguments.rounds:
        for name, prepare in runs.items():
            run = prepare(text)
            started = time.process_time()
            run()
            times[name].append(1000 * (time.process_time() - started))
    times = {name: values[NUM_WARMUPS:] for name, values in times.items()}
    length = statistics.mean(map(len, texts))
    print(
        f"{len(texts)} sentences of {length:.0f} characters, {arguments.threads} threads, median ms of processor time:"
    )
    for name, values in times.items():
        added = statistics.median(value - own for value, own in zip(values, times["translate"], strict=True))
        more = f", {added:+.2f} to translate" if name.startswith("translate_") else ""
        print(f"  {name:27} {statistics.median(values):7.2f}{more}")


if __name__ == "__main__":
    main()
