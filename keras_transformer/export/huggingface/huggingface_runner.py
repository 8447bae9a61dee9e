"""Runs a folder for Transformers with only Transformers, PyTorch and SentencePiece."""

import json
import os
import pathlib
import re
import sys
import time

os.environ["HF_HUB_OFFLINE"] = "1"

import sentencepiece
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

NUM_WARMUPS = 2
START_TOKEN = 1  # `generate` returns it.
END_TOKEN = 1  # of the source


def run(folder, target_tokenizer, texts, blank, max_length, length_factor, length_margin, **_):
    writer = sentencepiece.SentencePieceProcessor(model_file=target_tokenizer)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSeq2SeqLM.from_pretrained(folder)
    result = {"translations": [], "tokens": [], "scores": [], "milliseconds": []}
    for text in [*texts[:NUM_WARMUPS], *texts]:
        started = time.perf_counter()
        translation, ids = "", []
        inputs = tokenizer([text], return_tensors="pt", truncation=True, max_length=max_length)
        length = inputs["input_ids"].shape[1]
        if length > END_TOKEN and not re.fullmatch(blank, text):
            longest = min(max_length, length_factor * length + length_margin)
            ids = model.generate(**inputs, num_beams=1, max_length=longest + START_TOKEN)[0]
            translation = tokenizer.decode(ids, skip_special_tokens=True)
        result["milliseconds"].append(1000 * (time.perf_counter() - started))
        tokens = tokenizer.convert_ids_to_tokens(ids)[START_TOKEN:]
        whole = writer.decode([int(token_id) for token_id in ids[START_TOKEN:]])
        result["translations"].append(whole if is_same(translation, whole) else translation)
        result["tokens"].append(tokens)
        result["scores"].append(score(model, inputs, ids) if tokens else 0.0)
    return {name: values[len(values) - len(texts) :] for name, values in result.items()}


def is_same(translation, whole):
    """Returns whether a translation is that of SentencePiece, except for two differences.

    Transformers drops spaces at both ends, and replaces each byte of a run that is not valid UTF-8. The tokens are
    compared as well.
    """
    return translation.strip() == whole.strip() or "\ufffd" in translation and "\ufffd" in whole


@torch.no_grad()
def score(model, inputs, ids):
    """Returns the log-probability of a translation with its end token."""
    logits = model(**inputs, decoder_input_ids=ids[None, :-1]).logits[0]
    return float(logits.log_softmax(-1).gather(1, ids[1:, None]).sum())


if __name__ == "__main__":
    artifact, request, result = sys.argv[1:]
    torch.set_grad_enabled(False)
    arguments = json.loads(pathlib.Path(request).read_text(encoding="utf-8"))
    pathlib.Path(result).write_text(json.dumps(run(artifact, **arguments)), encoding="utf-8")
