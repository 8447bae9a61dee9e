"""Translates lines of standard input with a `.tflite` file, as an app does.

Needs `ai-edge-litert` and `numpy`, but no tokenizer and not keras_transformer. docs/mobile.md has the same client in
Kotlin, Swift, Dart, JavaScript and C.
"""

import argparse
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter


class TFLiteTranslator:
    """A `.tflite` file with the signature `translate_text`."""

    def __init__(self, file, num_threads=1):
        self.signature = Interpreter(model_path=file, num_threads=num_threads).get_signature_runner("translate_text")
        # Known before the first run: `code_points` is (1, beam_size, characters).
        self.beam_size = self.signature.get_output_details()["code_points"]["shape"][1]

    def __call__(self, line):
        """Returns the translations of a line that the search keeps, best first."""
        code_points = [ord(character) for character in line] or [0]  # 0 is padding.
        found = self.signature(code_points=np.array([code_points], "int32"))
        return ["".join(chr(point) for point in row if point) for row in found["code_points"][0]]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", metavar="MODEL.tflite")
    parser.add_argument("--threads", type=int, default=1, help="processor threads [default: 1]")
    parser.add_argument("--n-best", type=int, default=1, help="translations a line, best first [default: 1]")
    arguments = parser.parse_args()
    try:
        translator = TFLiteTranslator(arguments.model, arguments.threads)
    except (ValueError, RuntimeError, OSError) as error:
        parser.exit(2, f"error: {arguments.model}: {str(error).rstrip('.')}.\n")
    if not 1 <= arguments.n_best <= translator.beam_size:
        parser.exit(2, f"error: --n-best must be from 1 to {translator.beam_size}. Received: {arguments.n_best}.\n")
    sys.stdout.reconfigure(encoding="utf-8")
    for line in sys.stdin.buffer:
        translations = translator(line.decode("utf-8", errors="replace").rstrip("\r\n"))
        print("\n".join(translations[: arguments.n_best]), flush=True)


if __name__ == "__main__":
    main()
