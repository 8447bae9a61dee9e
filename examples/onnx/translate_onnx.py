"""Translates lines of standard input with a folder of `export --format onnx`: FOLDER [BEAM_SIZE [LENGTH_PENALTY]]."""

import json
import pathlib
import re
import sys

import numpy as np
import onnxruntime
import sentencepiece


class OnnxTranslator:
    def __init__(self, folder, beam_size=4, length_penalty=0.6):
        folder, self.beam_size, self.length_penalty = pathlib.Path(folder), int(beam_size), float(length_penalty)
        self.settings = json.loads((folder / "search.json").read_text(encoding="utf-8"))
        self.encoder, self.decoder = (onnxruntime.InferenceSession(folder / f"{x}coder.onnx") for x in ("en", "de"))
        files = (str(folder / self.settings[f"{side}_tokenizer"]) for side in ("source", "target"))
        self.reader, self.writer = (sentencepiece.SentencePieceProcessor(model_file=file) for file in files)
        self.cache_shape = self.decoder.get_inputs()[1].shape  # (blocks, "batch", num_heads, "past", head_dim)

    def __call__(self, text):
        source = [*self.reader.encode(text)[: self.settings["max_length"] - 1], self.settings["end_id"]]
        if len(source) == 1 or re.fullmatch(self.settings["blank"], text):
            return ""
        limit = self.settings["length_factor"] * len(source) + self.settings["length_margin"]
        return self.writer.decode(self.search(source, min(limit, self.settings["max_length"])))

    def search(self, source, limit):
        """Returns the tokens of the best hypothesis. Live and finished hypotheses are in one beam."""
        end, penalties = self.settings["end_id"], ((5 + np.arange(limit + 1)) / 6) ** self.length_penalty
        *cross, mask = self.encoder.run(["cross_keys", "cross_values", "source_mask"], {"source_ids": [source]})
        keys = values = np.zeros([{"batch": 1, "past": 0}.get(size, size) for size in self.cache_shape], "float32")
        finished, live, target, step = [], [(0.0, [])], [self.settings["start_ids"]], 0
        while True:
            feed = {"target_ids": target, "keys": keys, "values": values, "source_mask": mask.repeat(len(live), 0)}
            feed |= {name: x.repeat(len(live), 1) for name, x in zip(("cross_keys", "cross_values"), cross)}
            logits, keys, values = self.decoder.run(["logits", "new_keys", "new_values"], feed)
            log_probs = logits[:, -1] - np.logaddexp.reduce(logits[:, -1], axis=1, keepdims=True)
            log_probs[:, self.settings["never_generated"]] = -np.inf
            step, beam = step + 1, [(score, 0.0, None, tokens) for score, tokens in finished]
            for row, (total, tokens) in enumerate(live):
                best = [] if step == limit else np.argsort(-log_probs[row])[: self.beam_size]
                for token in {end, *map(int, best)}:
                    now = total + float(log_probs[row, token])
                    beam.append((now / penalties[step], now, None if token == end else row, [*tokens, token]))
            beam = sorted(beam, key=lambda each: -each[0])[: self.beam_size]
            finished = [(score, tokens) for score, _, row, tokens in beam if row is None]
            live = [(total, tokens) for _, total, row, tokens in beam if row is not None]
            reachable = max((total for total, _ in live), default=-np.inf) / max(penalties[step], penalties[-1])
            if finished and finished[0][0] >= reachable:
                return finished[0][1]
            rows, target = [each[2] for each in beam if each[2] is not None], [tokens[-1:] for _, tokens in live]
            keys, values = keys[:, rows], values[:, rows]


if __name__ == "__main__":
    translate = OnnxTranslator(*sys.argv[1:])
    for line in sys.stdin:
        print(translate(line.rstrip("\r\n")), flush=True)
