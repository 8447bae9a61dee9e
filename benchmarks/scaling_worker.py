"""One process of `scaling_model.py`: trains models of several sizes, and prints the times of their steps as JSON.

Usage: python scaling_worker.py SIZES, with a list of the fields of `Size` as JSON. The batches come from text, as in
`keras-transformer train`: each process makes all rows and trains on its part of them.
"""

import json
import sys
import time

from keras_transformer.processes.joined_processes import join_processes

PROCESSES = join_processes()

import keras
from scaling_size import Size

import keras_transformer as kt
from keras_transformer.data.batch_rows import take_rows, weigh_rows

# The steps of a window are timed together. The first window compiles the step.
WINDOWS, STEPS = 6, 4
WORDS = [f"{first}{second}" for first in "bdfgklmnprst" for second in ("a", "e", "i", "o", "u")]


class StepTimes(keras.callbacks.Callback):
    """Processor time and wall-clock time of a step of each window, in seconds."""

    def __init__(self):
        super().__init__()
        self.times = []

    def on_train_batch_end(self, batch, logs=None):
        if (batch + 1) % STEPS == 0:
            float(logs["loss"])  # Waits for the end of the step.
            self.times.append((time.process_time(), time.perf_counter()))

    def of_steps(self):
        pairs = zip(self.times, self.times[1:], strict=False)
        return [[(end - start) / STEPS for start, end in zip(*pair, strict=True)] for pair in pairs]


def make_batches(size, tokenizer):
    """Batches of text with rows of the same length."""
    characters = " ".join(WORDS)
    texts = [characters[:end] for end in range(1, len(characters))]
    text = next(text for text in texts if len(tokenizer.tokenize([text])[0]) == size.length - 1)
    pairs = kt.data.listed_pairs([(text, text)] * size.rows * 4)
    batches = kt.data.token_batches(
        pairs,
        tokenizer,
        batch_tokens=size.rows * size.length,
        max_length=size.length,
        fixed_shapes=True,
        steps_per_epoch=(WINDOWS + 1) * STEPS,
        shuffle=True,
    )
    return take_rows(weigh_rows(batches), PROCESSES.index, PROCESSES.count)


def measure(size, tokenizer):
    """Returns the times of a step of one size, and of making a batch."""
    batches = make_batches(size, tokenizer)
    shapes = set()
    for number, (inputs, *_) in enumerate(batches):
        if number == STEPS:
            start = time.process_time()  # The first batches also start the pipeline.
        shapes.add(tuple(inputs["source_ids"].shape))
    seconds_of_batch = (time.process_time() - start) / (number - STEPS)
    expected = {(size.rows // PROCESSES.count, size.length)}
    if shapes != expected:
        raise ValueError(f"The batches must have the shape {expected}. Received: {shapes}.")
    keras.utils.set_random_seed(0)
    model = kt.build_transformer(size.config)
    model.compile(keras.optimizers.Adam(1e-4), kt.losses.SmoothedCrossEntropy(0.1, reduction="sum"))
    times = StepTimes()
    model.fit(batches, epochs=1, verbose=0, callbacks=[times], shuffle=False)
    return {"times": times.of_steps(), "seconds_of_batch": seconds_of_batch}


def main():
    sizes = [Size(**fields) for fields in json.loads(sys.argv[1])]
    tokenizer = kt.text.learn_vocabulary([" ".join(WORDS)] * 20, vocabulary_size=290)
    for size in sizes:
        if PROCESSES.is_first:
            print(json.dumps(measure(size, tokenizer)), flush=True)
        else:
            measure(size, tokenizer)


if __name__ == "__main__":
    main()
