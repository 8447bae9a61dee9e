"""Small translators, and the numbers of a page of `kt.explain` read back from its text."""

import base64
import json
import re
import zlib

import keras
import numpy as np

from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.text import learn_vocabulary
from keras_transformer.translator import Translator

LINES = ["나는 어제 카페에 갔다.", "너는 오늘 학교에 간다.", "I went to the cafe yesterday.", "You go to school today."]
SENTENCE = "나는 어제 갔다."
_ENTRY = re.compile(r'<script type="[^"]*" id="(\w+)">(.*?)</script>', re.DOTALL)


def small_translator(separate=False, symbols=(), lines=LINES, **overrides):
    """A translator of random weights, wide enough that matrices of the full width are pictures."""
    tokenizer = learn_vocabulary(lines, vocabulary_size=296 + len(symbols), user_defined_symbols=symbols)
    target = learn_vocabulary(LINES[2:], vocabulary_size=280) if separate else None
    fields = {
        "vocabulary_size": tokenizer.vocabulary_size,
        "target_vocabulary_size": target and target.vocabulary_size,
        "num_encoder_layers": 2,
        "num_decoder_layers": 2,
        "hidden_dim": 80,
        "intermediate_dim": 96,
        "num_heads": 2,
        "max_length": 14,
    }
    keras.utils.set_random_seed(3)
    model = build_transformer(TransformerConfig(**{**fields, **overrides}))
    random = np.random.default_rng(3)
    for weight in model.weights:
        if len(weight.shape) == 1:  # Biases and norms of a new model are zeros and ones.
            weight.assign(weight + 0.1 * random.normal(size=weight.shape))
    return Translator(model, tokenizer, target)


def text_of_length(tokenizer, length):
    """Returns a text of a number of tokens, with the end token."""
    text = " ".join(LINES * 3)
    parts = (text[start:end] for start in range(9) for end in range(len(text), start, -1))
    return next(part for part in parts if tokenizer.count_tokens(part) == length - 1)


def page_entries(path):
    """Returns the data of a page and its bytes of numbers."""
    entries = dict(_ENTRY.findall(path.read_text("utf-8")))
    return json.loads(entries["data"]), zlib.decompress(base64.b64decode(entries["numbers"]))


def page_matrix(data, content, name):
    """Returns the numbers of a matrix of a page, the first eight columns of a wide one, and their greatest error."""
    entry = data["matrices"][name]
    shape = [*entry["shape"][:-1], 8] if "picture" in entry else entry["shape"]
    count = int(np.prod(shape))
    planes = np.frombuffer(content, "uint8", 2 * count, entry["at"]).reshape(2, count)
    integers = np.ascontiguousarray(planes.T).view("<i2").reshape(shape)
    unit = 10.0 ** -entry["decimals"]
    return integers * unit, 0.5 * unit


def page_picture(data, content, name):
    """Returns the numbers of the picture of a wide matrix, and the greatest error of each."""
    entry = data["matrices"][name]
    shape = [*entry["shape"][:-1], -(-entry["shape"][-1] // entry["step"])]
    integers = np.frombuffer(content, "int8", int(np.prod(shape)), entry["picture"]).reshape(shape).astype("float64")
    if entry["power"] == 2:
        return np.sign(integers) * integers**2 * entry["unit"], (np.abs(integers) + 0.25) * entry["unit"]
    return integers * entry["unit"], np.full(shape, 0.5 * entry["unit"])
