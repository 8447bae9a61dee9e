"""The signatures `tokenize` and `detokenize` in LiteRT, against `Tokenizer`, on many lines and all characters."""

import itertools
import unicodedata

import numpy as np
import pytest
import tensorflow as tf
from text_cases import SYMBOLS, random_texts, repetitive_texts

from keras_transformer.export.tflite.text_signatures.texts_to_texts import TextsToTexts
from keras_transformer.export.tflite.tflite import convert
from keras_transformer.text import Tokenizers, learn_vocabulary

interpreters = pytest.importorskip("ai_edge_litert.interpreter", reason="needs ai-edge-litert")
pytestmark = pytest.mark.slow
NUM_LINES = 10_000


class TokenizerAlone(TextsToTexts):
    """The signatures that need no model."""

    def signatures(self):
        signatures = {"tokenize": (self.tokenize, "code_points"), "detokenize": (self.detokenize, "ids")}
        return {
            name: tf.function(
                function, input_signature=[tf.TensorSpec((1, None), tf.int32, name=argument)]
            ).get_concrete_function()
            for name, (function, argument) in signatures.items()
        }


class Pair:
    """A `Tokenizer` and its `.tflite` file."""

    def __init__(self, tokenizer, quantize=None):
        self.tokenizer = tokenizer
        content = convert(TokenizerAlone(None, Tokenizers(tokenizer)), quantize)
        self._interpreter = interpreters.Interpreter(model_content=content)
        names = ("tokenize", "detokenize")
        self._tokenize, self._detokenize = map(self._interpreter.get_signature_runner, names)

    def differences(self, texts):
        """Returns the texts that have other ids than the `Tokenizer` gives, or whose ids have another text."""
        rows = self.tokenizer.tokenize(texts).to_list()
        written = self.tokenizer.detokenize(tf.ragged.constant(rows, tf.int32, ragged_rank=1)).numpy()
        found = []
        for text, row, expected in zip(texts, rows, written, strict=True):
            code_points = np.array([[ord(character) for character in text or "\0"]], "int32")
            ids = self._tokenize(code_points=code_points)["ids"]
            back = self._detokenize(ids=ids)["code_points"][0]
            if ids[0].tolist() != (row or [0]) or "".join(map(chr, back[back > 0])) != expected.decode():
                found.append(text)
        return found


@pytest.fixture(scope="module")
def lines(parallel_data):
    """Lines by language."""
    korean = [line.split("\t") for line in (parallel_data / "tatoeba-kor-eng/kor.txt").read_text("utf-8").splitlines()]
    german = (parallel_data / "multi30k/raw/train.de").read_text("utf-8").splitlines()
    return {"korean": [row[1] for row in korean], "english": [row[0] for row in korean], "german": german}


@pytest.fixture(scope="module")
def pair(lines):
    return Pair(learn_vocabulary([*lines["korean"], *lines["english"]], 4000), "int8")


def test_lines_have_the_ids_of_the_tokenizer(pair, lines):
    korean = lines["korean"]
    joined = [f"{first} {second}" for first, second in itertools.pairwise(korean)]
    assert pair.differences([*korean, *joined][:NUM_LINES]) == []
    assert pair.differences(lines["german"][:NUM_LINES]) == []
    words = " ".join(korean[:300] + lines["german"][:300]).split()
    assert pair.differences([*random_texts(NUM_LINES, words), *repetitive_texts(1000)]) == []


def test_every_assigned_character_has_the_ids_of_the_tokenizer(pair):
    characters = [chr(code_point) for code_point in range(1, 0x110000)]
    characters = [character for character in characters if unicodedata.category(character) not in ("Cn", "Cs")]
    assert pair.differences(characters) == []
    assert pair.differences([f"나는{character}카페" for character in characters]) == []


@pytest.mark.parametrize(
    "options",
    [
        {"normalization": "nfkc", "lowercase": True, "user_defined_symbols": SYMBOLS},
        {"normalization": "nmt_nfkc_cf", "split_digits": True},
        {"normalization": "identity"},
    ],
    ids=str,
)
def test_other_vocabularies_have_the_ids_of_the_tokenizer(lines, options):
    pair = Pair(learn_vocabulary([*lines["korean"][:3000], *lines["german"][:3000]], 3000, **options))
    words = " ".join(lines["korean"][:300] + lines["german"][:300]).split() + SYMBOLS
    assert pair.differences([*random_texts(2000, words), *repetitive_texts(300)]) == []
