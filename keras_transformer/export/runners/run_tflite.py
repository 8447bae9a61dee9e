"""Runs a TFLite file from token ids to token ids with ai_edge_litert, SentencePiece and NumPy alone."""

import json
import pathlib
import sys
import time

import numpy as np
import sentencepiece
from ai_edge_litert.interpreter import Interpreter

NUM_WARMUPS = 2
END_ID = 3


def run(file, source_tokenizer, target_tokenizer, texts, max_length):
    reader = sentencepiece.SentencePieceProcessor(model_file=source_tokenizer)
    writer = sentencepiece.SentencePieceProcessor(model_file=target_tokenizer)
    translate = Interpreter(model_path=file).get_signature_runner("translate")
    result = {"translations": [], "tokens": [], "scores": [], "milliseconds": []}
    for text in [*texts[:NUM_WARMUPS], *texts]:
        started = time.perf_counter()
        token_ids = reader.encode(text)[: max_length - 1]
        source_ids = [*token_ids, END_ID] if token_ids else [0]
        found = translate(source_ids=np.array([source_ids], "int32"))
        target_ids = [int(token_id) for token_id in found["target_ids"][0, 0] if token_id]
        translation = writer.decode([token_id for token_id in target_ids if token_id != END_ID])
        result["milliseconds"].append(1000 * (time.perf_counter() - started))
        result["translations"].append(translation)
        result["tokens"].append([writer.id_to_piece(token_id) for token_id in target_ids])
        result["scores"].append(float(found["scores"][0, 0]))
    return {name: values[len(values) - len(texts) :] for name, values in result.items()}


if __name__ == "__main__":
    artifact, request, result = sys.argv[1:]
    arguments = json.loads(pathlib.Path(request).read_text(encoding="utf-8"))
    pathlib.Path(result).write_text(json.dumps(run(artifact, **arguments)), encoding="utf-8")
