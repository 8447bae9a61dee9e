"""Runs the graphs of a folder with only onnxruntime, NumPy and SentencePiece."""

import json
import pathlib
import re
import sys
import time

import numpy as np
import onnxruntime
import sentencepiece

NUM_WARMUPS = 2


class GreedySearch:
    """Greedy search with caches."""

    def __init__(self, folder):
        self.settings = json.loads((folder / "search.json").read_text(encoding="utf-8"))
        self.encoder, self.decoder = (
            onnxruntime.InferenceSession(folder / f"{name}.onnx", providers=["CPUExecutionProvider"])
            for name in ("encoder", "decoder")
        )
        self.outputs = [output.name for output in self.encoder.get_outputs()]
        layers, _, heads, _, width = next(each for each in self.decoder.get_inputs() if each.name == "keys").shape
        self.empty = np.zeros((layers, 1, heads, 0, width), "float32")

    def __call__(self, source_ids, longest):
        """Returns the target ids and their log-probability."""
        encoded = dict(zip(self.outputs, self.encoder.run(None, {"source_ids": np.array([source_ids], "int64")})))
        end, total = self.settings["end_id"], 0.0
        found, target_ids, keys, values = [], self.settings["start_ids"], self.empty, self.empty
        while True:
            feed = {"target_ids": np.array([target_ids], "int64"), "keys": keys, "values": values, **encoded}
            logits, keys, values = self.decoder.run(["logits", "new_keys", "new_values"], feed)
            last = logits[0, -1].astype("float64")
            last -= last.max()
            log_probs = last - np.log(np.exp(last).sum())
            allowed = log_probs.copy()
            allowed[self.settings["never_generated"]] = -np.inf
            token_id = end if len(found) + 1 == longest else int(allowed.argmax())
            found.append(token_id)
            total += float(log_probs[token_id])
            if token_id == end:
                return found, total
            target_ids = [token_id]


def run(folder, texts, max_length):
    folder = pathlib.Path(folder)
    search = GreedySearch(folder)
    settings = search.settings
    reader, writer = (
        sentencepiece.SentencePieceProcessor(model_file=str(folder / settings[f"{side}_tokenizer"]))
        for side in ("source", "target")
    )
    result = {"translations": [], "tokens": [], "scores": [], "milliseconds": []}
    for text in [*texts[:NUM_WARMUPS], *texts]:
        started = time.perf_counter()
        target_ids, score = [], 0.0
        token_ids = [] if re.fullmatch(settings["blank"], text) else reader.encode(text)
        if token_ids:
            source_ids = [*token_ids[: max_length - 1], settings["end_id"]]
            longest = min(max_length, settings["length_factor"] * len(source_ids) + settings["length_margin"])
            target_ids, score = search(source_ids, longest)
        result["translations"].append(writer.decode(target_ids))
        result["milliseconds"].append(1000 * (time.perf_counter() - started))
        result["tokens"].append([writer.id_to_piece(token_id) for token_id in target_ids])
        result["scores"].append(score)
    return {name: values[len(values) - len(texts) :] for name, values in result.items()}


if __name__ == "__main__":
    artifact, request, result = sys.argv[1:]
    arguments = json.loads(pathlib.Path(request).read_text(encoding="utf-8"))
    pathlib.Path(result).write_text(json.dumps(run(artifact, **arguments)), encoding="utf-8")
