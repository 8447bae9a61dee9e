"""The proof and the token ids of the tests of TFLite."""

import numpy as np
import pytest
from export_cases import SOURCES, TARGETS, TEXTS

from keras_transformer.export import Proof

interpreters = pytest.importorskip("ai_edge_litert.interpreter", reason="needs ai-edge-litert")


# The signatures of texts drop NUL.
PROOF_TEXTS = [*TEXTS, "나는\0 책을 산다."]


def proof_of(translator, settings, quantize=None, text=False):
    pairs = [*zip(SOURCES, TARGETS), *((text, None) for text in PROOF_TEXTS if text not in SOURCES)]
    return Proof(translator, "tflite text" if text else "tflite", quantize, settings, pairs)


def rows_of(translator, texts):
    """Token ids of texts with the end token, padded."""
    rows = [row + [3] if row else [] for row in translator.source_tokenizer.tokenize(texts).to_list()]
    table = np.zeros((len(rows), max(map(len, rows))), "int32")
    for row, ids in zip(table, rows):
        row[: len(ids)] = ids
    return table
