"""The peak of memory while a model of the size of OPUS-MT's is imported and saved."""

import json
import math

import numpy as np
import pytest
from import_memory import assert_peak_below_twice
from marian_folders import config_of, pieces_model, shapes_of, write_tokenizers

NUM_TOKENS = 60_000


@pytest.mark.slow
def test_the_peak_is_at_most_twice_the_weights(tmp_path):
    folder = tmp_path / "folder"
    source, target = (pieces_model(side, normalization_rule_name="identity") for side in ("source", "target"))
    write_tokenizers(folder, source, target)
    table = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    del table["<pad>"]
    table |= {f"token{number}": number for number in range(len(table), NUM_TOKENS - 1)} | {"<pad>": NUM_TOKENS - 1}
    (folder / "vocab.json").write_text(json.dumps(table), encoding="utf-8")
    sizes = {"d_model": 512, "encoder_layers": 6, "decoder_layers": 6, "encoder_attention_heads": 8}
    sizes |= {"decoder_attention_heads": 8, "encoder_ffn_dim": 2048, "decoder_ffn_dim": 2048}
    config = config_of([NUM_TOKENS], **sizes)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    weights = write_large(folder / "model.safetensors", dict(shapes_of(config)))
    assert_peak_below_twice(weights, "MarianFolder", folder, tmp_path / "model")


def write_large(path, shapes):
    """Writes random weights, one at a time. Returns their size in bytes."""
    header, position = {}, 0
    for name, shape in shapes.items():
        end = position + 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [position, end]}
        position = end
    encoded = json.dumps(header).encode("utf-8")
    numbers = np.random.default_rng(0)
    with path.open("wb") as file:
        file.write(len(encoded).to_bytes(8, "little") + encoded)
        for shape in shapes.values():
            numbers.standard_normal(shape, "float32").tofile(file)
    return position
