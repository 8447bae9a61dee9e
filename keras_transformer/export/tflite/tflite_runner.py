"""Runs a TFLite file with only ai_edge_litert, SentencePiece and NumPy.

Texts are translated from token ids to token ids. The signatures for texts must give the same translations. If the file
has them, the ids are those of the model's tokenizer, because SentencePiece rounds sums differently on few repetitive
texts, and the translations are written by `detokenize`, so that they are compared with the model's.
"""

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
FIXED_TEXT_LENGTH = 256
# Computations in bytes depend slightly on the padding, so some translations of quantised files may differ.
QUANTIZED_SHARE = 0.3
END_ID = 3


def run(file, source_tokenizer, target_tokenizer, texts, blank, max_length, is_quantized, text_ids):
    reader = sentencepiece.SentencePieceProcessor(model_file=source_tokenizer)
    writer = sentencepiece.SentencePieceProcessor(model_file=target_tokenizer)
    interpreter = Interpreter(model_path=file)
    translate = interpreter.get_signature_runner("translate")
    detokenize = interpreter.get_signature_runner("detokenize") if text_ids is not None else None
    result = {"translations": [], "tokens": [], "scores": [], "milliseconds": []}
    rows, best = [], []
    for index in [*range(min(NUM_WARMUPS, len(texts))), *range(len(texts))]:
        text = texts[index]
        started = time.perf_counter()
        token_ids = reader.encode(text) if text_ids is None else text_ids[index]
        source_ids = [0] if re.fullmatch(blank, text) or not token_ids else [*token_ids[: max_length - 1], END_ID]
        found = translate(source_ids=np.array([source_ids], "int32"))
        rows.append(source_ids)
        best.append(found["target_ids"][0, 0].copy())
        result["scores"].append(float(found["scores"][0, 0]))
        target_ids = [int(token_id) for token_id in best[-1] if token_id]
        if detokenize is None:
            translation = writer.decode([token_id for token_id in target_ids if token_id != END_ID])
        else:
            translation = text_of(detokenize(ids=best[-1][None])["code_points"][0])
        result["milliseconds"].append(1000 * (time.perf_counter() - started))
        result["translations"].append(translation)
        result["tokens"].append([writer.id_to_piece(token_id) for token_id in target_ids])
    if not is_quantized:
        checked = slice(len(rows) - len(texts), len(rows) - len(texts) + NUM_CHECKED)
        check_other_ways(interpreter, rows[checked], best[checked])
    if text_ids is not None:
        check_tokens(interpreter, texts, text_ids)
        pairs = list(zip(texts, result["translations"][len(best) - len(texts) :]))
        check_texts(interpreter, pairs, is_quantized)
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


def check_tokens(interpreter, texts, text_ids):
    """Checks that `tokenize` gives the model's ids."""
    tokenize = interpreter.get_signature_runner("tokenize")
    for text, expected in zip(texts, text_ids):
        found = tokenize(code_points=code_points_of(text))["ids"][0]
        if [int(token_id) for token_id in found if token_id] != expected:
            sys.exit(f"the signature tokenize gives other token ids than the model for {text[:60]!r}")


def check_texts(interpreter, pairs, is_quantized):
    """Checks that the signatures for texts give the translations of the signature for token ids."""
    short = [(text.ljust(FIXED_TEXT_LENGTH, "\0"), expected) for text, expected in pairs[:NUM_CHECKED]]
    fixed = [(text, expected) for text, expected in short if len(text) == FIXED_TEXT_LENGTH]
    for name, rows in (("translate_text", pairs), (f"translate_text_{FIXED_TEXT_LENGTH}", fixed)):
        translate = interpreter.get_signature_runner(name)
        found = [text_of(translate(code_points=code_points_of(text))["code_points"][0, 0]) for text, _ in rows]
        wrong = [text for (text, expected), translation in zip(rows, found) if translation != expected]
        if len(wrong) > (max(1, QUANTIZED_SHARE * len(rows)) if is_quantized else 0):
            text = wrong[0].rstrip("\0")[:60]
            sys.exit(f"the signatures {name} and translate give different translations of {text!r}")


def code_points_of(text):
    # TFLite has no empty inputs. 0 is padding.
    return np.array([[ord(character) for character in text or "\0"]], "int32")


def text_of(code_points):
    return "".join(chr(code_point) for code_point in code_points if code_point)


if __name__ == "__main__":
    artifact, request, result = sys.argv[1:]
    arguments = json.loads(pathlib.Path(request).read_text(encoding="utf-8"))
    pathlib.Path(result).write_text(json.dumps(run(artifact, **arguments)), encoding="utf-8")
