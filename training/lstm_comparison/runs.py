"""One training run, and the file of finished runs: one JSON object a line."""

import json
import pathlib
import time

import keras
import numpy as np

import keras_transformer as kt
from lstm_comparison.models import ComparedModel
from lstm_comparison.settings import KINDS, LEARNING_RATES, SEEDS, SETTINGS


class EpochTimes(keras.callbacks.Callback):
    """Measures the seconds and the processor seconds of each epoch, without the evaluation."""

    def __init__(self):
        super().__init__()
        self.seconds, self.processor_seconds = [], []

    def on_epoch_begin(self, epoch, logs=None):
        self._begin = time.perf_counter(), time.process_time()

    def on_test_begin(self, logs=None):
        begin, processor_begin = self._begin
        self.seconds.append(time.perf_counter() - begin)
        self.processor_seconds.append(time.process_time() - processor_begin)


def finished_runs(path, task=None, **fields):
    """Returns the records of the results file that have the given task and fields."""
    path = pathlib.Path(path)
    if not path.is_file():
        return []
    wanted = fields | ({"task": task} if task else {})
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [record for record in records if all(record.get(name) == value for name, value in wanted.items())]


def add_record(path, record):
    """Adds a finished run to the results file."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")


def missing_trials(results, corpus):
    """Yields `(kind, learning_rate, seed)` of the tuning runs that are not in the results: one seed of each rate."""
    for rate in LEARNING_RATES:
        for kind in KINDS:
            if not finished_runs(results, "train", corpus=corpus, kind=kind, learning_rate=rate, seed=SEEDS[0]):
                yield kind, rate, SEEDS[0]


def best_rate(results, corpus, kind):
    """Returns the learning rate with the lowest validation perplexity, or None if a trial is missing."""
    trials = finished_runs(results, "train", corpus=corpus, kind=kind, seed=SEEDS[0])
    if len({trial["learning_rate"] for trial in trials}) < len(LEARNING_RATES):
        return None
    return min(trials, key=lambda trial: trial["validation_perplexity"])["learning_rate"]


def missing_seeds(results, corpus):
    """Yields `(kind, learning_rate, seed)` of the runs at the best rate that are not in the results."""
    for seed in SEEDS:
        for kind in KINDS:
            rate = best_rate(results, corpus, kind)
            if rate is not None and not finished_runs(
                results, "train", corpus=corpus, kind=kind, learning_rate=rate, seed=seed
            ):
                yield kind, rate, seed


def train_run(corpus, texts, kind, learning_rate, seed, settings=None):
    """Trains one model and returns its record."""
    settings = settings or SETTINGS[corpus]
    keras.utils.set_random_seed(seed)
    compared = ComparedModel(kind, texts.tokenizer.vocabulary_size, settings, learning_rate)
    arguments = {"batch_tokens": settings.batch_tokens, "max_length": settings.max_length}
    train = kt.data.listed_pairs(texts.train)
    batches = kt.data.token_batches(
        train, texts.tokenizer, shuffle=True, seed=seed, steps_per_epoch=settings.steps_per_epoch, **arguments
    )
    pairs = kt.data.listed_pairs(texts.validation)
    steps, _ = kt.data.count_batches(kt.data.token_batches(pairs, texts.tokenizer, **arguments))
    validation = kt.data.token_batches(pairs, texts.tokenizer, steps_per_epoch=steps, **arguments)
    times = EpochTimes()
    history = compared.model.fit(
        batches, validation_data=validation, epochs=settings.epochs, shuffle=False, verbose=2, callbacks=[times]
    ).history
    return {
        "task": "train",
        "corpus": corpus,
        "kind": kind,
        "learning_rate": learning_rate,
        "seed": seed,
        "parameters": compared.model.count_params(),
        "steps": settings.steps,
        "steps_per_epoch": settings.steps_per_epoch,
        "validation_perplexity": round(history["val_perplexity"][-1], 4),
        # The first epoch includes the time to trace the graph.
        "seconds_per_epoch": round(float(np.median(times.seconds[1:] or times.seconds)), 2),
        "processor_seconds_per_epoch": round(
            float(np.median(times.processor_seconds[1:] or times.processor_seconds)), 2
        ),
        "groups": {name: group_scores(compared, texts, pairs, settings) for name, pairs in texts.test.items()},
    }


def group_scores(compared, texts, pairs, settings):
    """Returns exact match and BLEU of a group of test texts, and their number and mean number of source tokens."""
    sources, references = (list(side) for side in zip(*pairs, strict=True))
    translations = compared.translate(texts.tokenizer, sources, settings.max_length)
    tokens = [len(row) for row in texts.tokenizer.tokenize(sources)]
    return {
        "texts": len(pairs),
        "source_tokens": round(float(np.mean(tokens)), 1),
        "exact": round(float(np.mean([found == right for found, right in zip(translations, references)])), 4),
        "bleu": kt.metrics.corpus_scores(translations, references, tokenize=texts.tokenize, metrics=["bleu"])["bleu"],
    }
