"""Runs a CTranslate2 folder with only CTranslate2 and SentencePiece."""

import json
import pathlib
import re
import sys
import time

import ctranslate2
import sentencepiece

NUM_WARMUPS = 2
END_TOKEN = 1  # CTranslate2 does not return it and does not count it in limits.


def run(folder, source_tokenizer, target_tokenizer, texts, blank, max_length, length_factor, length_margin, prefix):
    reader = sentencepiece.SentencePieceProcessor(model_file=source_tokenizer)
    writer = sentencepiece.SentencePieceProcessor(model_file=target_tokenizer)
    translator = ctranslate2.Translator(folder)
    special = [[writer.id_to_piece(writer.pad_id())], [writer.id_to_piece(writer.bos_id())]]
    end = writer.id_to_piece(writer.eos_id())
    result = {"translations": [], "tokens": [], "scores": [], "milliseconds": []}
    for text in [*texts[:NUM_WARMUPS], *texts]:
        started = time.perf_counter()
        tokens = [] if re.fullmatch(blank, text) else reader.encode(text, out_type=str)[: max_length - 1]
        found, score = [], 0.0
        if tokens:
            longest = min(max_length, length_factor * (len(tokens) + 1) + length_margin) - END_TOKEN
            found = translator.translate_batch(
                [tokens],
                beam_size=1,
                length_penalty=0,
                target_prefix=[prefix],
                max_decoding_length=longest + len(prefix),
                min_decoding_length=0,
                max_input_length=0,
                disable_unk=True,
                suppress_sequences=special,
            )[0].hypotheses[0][len(prefix) :]
        result["translations"].append(writer.decode(found))
        result["milliseconds"].append(1000 * (time.perf_counter() - started))
        if tokens:
            # CTranslate2's score excludes suppressed tokens, and the end token of a cut translation.
            scores = translator.score_batch([tokens], [prefix + found], max_input_length=0)[0].log_probs
            score = sum(scores[len(prefix) :])
        result["tokens"].append([*found, end] if tokens else [])
        result["scores"].append(score)
    return {name: values[len(values) - len(texts) :] for name, values in result.items()}


if __name__ == "__main__":
    artifact, request, result = sys.argv[1:]
    arguments = json.loads(pathlib.Path(request).read_text(encoding="utf-8"))
    pathlib.Path(result).write_text(json.dumps(run(artifact, **arguments)), encoding="utf-8")
