"""Time of a training step and number of sequential steps, by the length of source and target."""

import dataclasses
import statistics
import time

import numpy as np

from lstm_comparison.models import ComparedModel
from lstm_comparison.settings import SETTINGS, TRANSFORMER

LENGTHS = (2, 4, 8, 16, 32, 64, 128, 256)
VOCABULARY_SIZE = 1400
# Tokens of a batch on either side. Longer texts have fewer rows, so that the amount of work is about the same.
BATCH_TOKENS = 4096
NUM_STEPS, NUM_WARM_UP_STEPS = 15, 3


def sequential_steps(kind, length):
    """Returns the length of the longest chain of blocks or LSTM cells that have to be computed one after another.

    A training step is meant, with `length` tokens on either side. Transformer: its encoder blocks, then its decoder
    blocks. LSTM: the encoder's cells, both directions at the same time; then the decoder's. Without attention, the
    second decoder layer is one step behind the first. With attention and input feeding, the first layer waits for the
    second, so each token needs two cells.
    """
    if kind == TRANSFORMER:
        model = SETTINGS["phrases"].model
        return model["num_encoder_layers"] + model["num_decoder_layers"]
    return length + (length + 1 if kind == "lstm" else 2 * length)


def time_step(kind, length):
    """Measures the median of the time of a training step and returns a record."""
    settings = dataclasses.replace(SETTINGS["phrases"], max_length=length)
    compared = ComparedModel(kind, VOCABULARY_SIZE, settings, 1e-3)
    rows = BATCH_TOKENS // length
    generator = np.random.default_rng(0)
    source_ids, target_ids = generator.integers(4, VOCABULARY_SIZE, (2, rows, length)).astype("int32")
    inputs = {"source_ids": source_ids, "target_ids": target_ids}
    times = []
    for _ in range(NUM_WARM_UP_STEPS + NUM_STEPS):
        begin = time.perf_counter()
        compared.model.train_on_batch(inputs, target_ids)
        times.append(time.perf_counter() - begin)
    times = times[NUM_WARM_UP_STEPS:]
    return {
        "task": "speed",
        "kind": kind,
        "length": length,
        "rows": rows,
        "milliseconds": round(1000 * statistics.median(times), 2),
        "fastest_milliseconds": round(1000 * min(times), 2),
        "sequential_steps": sequential_steps(kind, length),
        "parameters": compared.model.count_params(),
    }
