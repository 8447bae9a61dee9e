"""Runs a TFLite file from token ids to token ids with only ai_edge_litert, SentencePiece and NumPy."""

import json
import pathlib
import re
import sys
import time

import numpy as np
import sentencepiece
from ai_edge_litert.interpreter import Interpreter

NUM_WARMUPS = 2
NUM_CHECKED = 16
FIXED_LENGTHS = (16, 32, 64)
END_ID = 3


def run(file, source_tokenizer, target_tokenizer, texts, blank, max_length, is_quantized):
    reader = sentencepiece.SentencePieceProcessor(model_file=source_tokenizer)
    writer = sentencepiece.SentencePieceProcessor(model_file=target_tokenizer)
    interpreter = Interpreter(model_path=file)
    translate = interpreter.get_signature_runner("translate")
    result = {"translations": [], "tokens": [], "scores": [], "milliseconds": []}
    rows, best = [], []
    for text in [*texts[:NUM_WARMUPS], *texts]:
        started = time.perf_counter()
        token_ids = [] if re.fullmatch(blank, text) else reader.encode(text)[: max_length - 1]
        source_ids = [*token_ids, END_ID] if token_ids else [0]
        found = translate(source_ids=np.array([source_ids], "int32"))
        rows.append(source_ids)
        best.append(found["target_ids"][0, 0].copy())
        target_ids = [int(token_id) for token_id in found["target_ids"][0, 0] if token_id]
        translation = writer.decode([token_id for token_id in target_ids if token_id != END_ID])
        result["milliseconds"].append(1000 * (time.perf_counter() - started))
        result["translations"].append(translation)
        result["tokens"].append([writer.id_to_piece(token_id) for token_id in target_ids])
        result["scores"].append(float(found["scores"][0, 0]))
    if not is_quantized:  # Computations in bytes depend slightly on the padding.
        checked = slice(len(rows) - len(texts), len(rows) - len(texts) + NUM_CHECKED)
        check_other_ways(interpreter, rows[checked], best[checked])
    return {name: values[len(values) - len(texts) :] for name, values in result.items()}


def check_other_ways(interpreter, rows, best):
    """Checks that a padded batch and the signatures of fixed lengths give the translations of single sentences."""
    translate = interpreter.get_signature_runner("translate")
    widest = max(map(len, rows))
    batch = np.array([row + [0] * (widest - len(row)) for row in rows], "int32")
    if not np.array_equal(translate(source_ids=batch)["target_ids"][:, 0], best):
        sys.exit("a padded batch and its single sentences have different translations")
    for length in FIXED_LENGTHS:
        fixed = interpreter.get_signature_runner(f"translate_{length}")
        for row, expected in zip(rows, best):
            padded = np.array([row + [0] * (length - len(row))], "int32")
            if len(row) <= length and not np.array_equal(fixed(source_ids=padded)["target_ids"][0, 0], expected):
                sys.exit(f"the signatures translate_{length} and translate give different translations")


if __name__ == "__main__":
    artifact, request, result = sys.argv[1:]
    arguments = json.loads(pathlib.Path(request).read_text(encoding="utf-8"))
    pathlib.Path(result).write_text(json.dumps(run(artifact, **arguments)), encoding="utf-8")
