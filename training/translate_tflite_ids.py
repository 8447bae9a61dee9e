"""Translates lines of standard input with a `.tflite` file and SentencePiece.

This is for files without the signature `translate_text`: those of a bpe vocabulary or of an earlier version. It needs
`ai-edge-litert`, `sentencepiece` and `numpy`, but not keras_transformer. The appendix of docs/mobile.md describes it.
"""

import argparse
import pathlib
import re
import sys

import numpy as np
import sentencepiece
from ai_edge_litert.interpreter import Interpreter

PADDING_ID = 0
END_ID = 3
# A line with only these characters is blank and has no translation: keras_transformer/text/blank.py lists them.
BLANK = re.compile(
    "[\0- \x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f"
    "\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]*"
)


class TFLiteTranslator:
    """A `.tflite` file and the SentencePiece models in the same folder."""

    def __init__(self, file, num_threads):
        interpreter = Interpreter(model_path=str(file), num_threads=num_threads)
        if interpreter.get_signature_list().get("translate", {}).get("inputs") != ["source_ids"]:
            raise ValueError("it has no signature `translate` from token ids; a text-to-text file needs no tokenizer")
        self.source_pieces, self.target_pieces = (
            sentencepiece.SentencePieceProcessor(model_file=str(model)) for model in sentencepiece_models(file)
        )
        self.signature = interpreter.get_signature_runner("translate")
        # Known before the first run: `target_ids` is (batch, beam_size, max_length).
        _, self.beam_size, self.max_length = self.signature.get_output_details()["target_ids"]["shape"]

    def __call__(self, line):
        """Returns the translations of a line that the search keeps, best first."""
        return [self.text(target_ids) for target_ids in self.translate(self.token_ids(line))]

    def token_ids(self, line):
        """Returns the ids of a line's pieces and the end token, or one padding token for a blank line."""
        pieces = [] if BLANK.fullmatch(line) else self.source_pieces.encode(line)[: self.max_length - 1]
        return [*pieces, END_ID] if pieces else [PADDING_ID]

    def translate(self, source_ids):
        """Returns `(beam_size, max_length)` token ids. The input is resized to the sentence, not padded."""
        return self.signature(source_ids=np.array([source_ids], "int32"))["target_ids"][0]

    def text(self, target_ids):
        return self.target_pieces.decode([int(token) for token in target_ids if token not in (PADDING_ID, END_ID)])


def sentencepiece_models(file):
    """Returns the SentencePiece models of both languages: NAME.model, or NAME.source.model and NAME.target.model."""
    shared, *own = (file.with_suffix(ending) for ending in (".model", ".source.model", ".target.model"))
    models = [shared, shared] if shared.is_file() else own
    for model in models:
        if not model.is_file():
            raise ValueError(f"its SentencePiece model is missing: expected {shared.name} or {model.name} next to it")
    return models


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=pathlib.Path, metavar="MODEL.tflite")
    parser.add_argument("--threads", type=int, default=1, help="processor threads [default: 1]")
    parser.add_argument("--n-best", type=int, default=1, help="translations a line, best first [default: 1]")
    arguments = parser.parse_args()
    if not arguments.model.is_file():
        parser.exit(2, f"error: {arguments.model}: no such file.\n")
    if arguments.threads < 1:
        parser.exit(2, f"error: --threads must be at least 1. Received: {arguments.threads}.\n")
    try:
        translator = TFLiteTranslator(arguments.model, arguments.threads)
    except (ValueError, RuntimeError, OSError) as error:
        parser.exit(2, f"error: {arguments.model}: {error}.\n")
    if not 1 <= arguments.n_best <= translator.beam_size:
        parser.exit(2, f"error: --n-best must be from 1 to {translator.beam_size}. Received: {arguments.n_best}.\n")
    sys.stdout.reconfigure(encoding="utf-8")
    for line in sys.stdin.buffer:
        translations = translator(line.decode("utf-8", errors="replace").rstrip("\r\n"))
        print("\n".join(translations[: arguments.n_best]), flush=True)


if __name__ == "__main__":
    main()
