"""Selects averaged weights or the weights of the best single epoch by validation."""

import functools
import itertools
import math
import sys
from typing import NamedTuple

import keras

from keras_transformer.callbacks.history_rows import HISTORY_NAME, read_history
from keras_transformer.data import text_of_pairs
from keras_transformer.losses import SmoothedCrossEntropy
from keras_transformer.metrics import Perplexity, TokenAccuracy
from keras_transformer.metrics.text_scores import corpus_scores
from keras_transformer.recipes.sections import MONITORS
from keras_transformer.trainer.compiled_model import compiles, count_batches_alike, in_chunks

# Maximum number of validation pairs that are translated at the end of a training, for the choice and the model card.
SCORED_PAIRS = 2000
# The monitor without translation.
_FALLBACK_MONITOR = "val_perplexity"


class WeightChoice(NamedTuple):
    """Validation scores of the averaged weights and of the best single epoch, and the kept weights.

    Args:
        monitor: name of the score.
        averaged: score of the averaged weights.
        epochs: numbers of the averaged epochs, counted from 1. Empty for a moving average.
        best_epoch: number of the best averaged epoch. For a moving average, the last epoch.
        single: score of the weights of this epoch.
        kept: "averaged" or "single".
    """

    monitor: str
    averaged: float
    epochs: list
    best_epoch: int
    single: float
    kept: str

    def __str__(self):
        what = f"Average of {len(self.epochs)} epochs" if self.epochs else "Moving average"
        kept = "the average" if self.kept == "averaged" else f"epoch {self.best_epoch}"
        return (
            f"{what}: {self.monitor} {self.averaged:.4f}. Epoch {self.best_epoch} alone: {self.single:.4f}. "
            f"Kept: the weights of {kept}."
        )


class Validation:
    """Scores the present weights of a model on the validation set by the recipe's monitor.

    Args:
        batches: the `RecipeBatches` of the training.
        model: a float32 Keras model of the recipe's architecture.
        translator: a `Translator` with this model. None on a backend that does not translate.

    Returns:
        A float, from a call without arguments.
    """

    def __init__(self, batches, model, translator):
        self.batches = batches
        self.model = model
        self.translator = translator
        self.recipe = batches.recipe
        evaluation = self.recipe.evaluation
        translates = translator is not None and (evaluation.translates or evaluation.at_end)
        self.by_translating = evaluation.monitors_translations and translates
        is_available = self.by_translating or not evaluation.monitors_translations
        self.monitor = evaluation.monitor if is_available else _FALLBACK_MONITOR

    def __call__(self):
        name = self.monitor.removeprefix("val_")
        return (self._translation_scores() if self.by_translating else self._metrics())[name]

    def bleu(self):
        """Returns the BLEU of the translations of the validation set, also if the monitor is another score."""
        return self._translation_scores()["bleu"]

    def is_better(self, score, other):
        """Returns whether a score is better than another one. NaN is worse than every number."""
        if math.isnan(score) or math.isnan(other):
            return math.isnan(other) and not math.isnan(score)
        return score > other if MONITORS[self.monitor] == "max" else score < other

    @functools.cached_property
    def _probe(self):
        # A separate model, so that `model` is not compiled.
        probe = in_chunks(self.recipe.training, keras.Model(self.model.input, self.model.output))
        probe.compile(
            loss=SmoothedCrossEntropy(self.recipe.training.label_smoothing),
            metrics=[Perplexity(), TokenAccuracy()],
            jit_compile=compiles(self.recipe.training),
        )
        count_batches_alike(probe)
        return probe

    def _translation_scores(self):
        evaluation = self.recipe.evaluation
        pairs = text_of_pairs(self.batches.pairs["validation"])
        pairs = list(pairs if evaluation.translates else itertools.islice(pairs, SCORED_PAIRS))
        sources, references = (list(side) for side in zip(*pairs, strict=True))
        translations = self.translator.translate(sources, settings=evaluation.search_settings)
        return corpus_scores(translations, references, evaluation.tokenize, self.recipe.data.lowercase)

    def _metrics(self):
        return self._probe.evaluate(self.batches.whole_validation, verbose=0, return_dict=True)


def choose_weights(run, validation):
    """Sets a validated model to the averaged weights or to those of the best averaged epoch, whichever scores better.

    The average of epochs can be worse than each of them, especially at a high learning rate. If the scores are equal,
    the average is kept.

    Args:
        run: the finished `TrainingRun`.
        validation: a `Validation` of a model of the same architecture.

    Returns:
        A `WeightChoice`, or None if nothing was averaged.

    Reference:
        "Attention Is All You Need", section 6.1, averages checkpoints.
    """
    model = validation.model
    epochs = run.give_weights(model)
    is_moving_average = run.recipe.training.ema_momentum is not None
    # A moving average is compared with the raw weights of the last epoch.
    candidates = run.checkpoints.last_epochs[-1:] if is_moving_average else epochs
    if not candidates or (len(candidates) < 2 and not is_moving_average):
        return None
    weights, averaged = model.get_weights(), validation()
    best_epoch = _best_epoch(run, candidates, validation)
    run.checkpoints.average(model, [best_epoch])
    single = validation()
    keeps_single = validation.is_better(single, averaged)
    if not keeps_single:
        model.set_weights(weights)
    choice = WeightChoice(
        validation.monitor,
        float(averaged),
        [] if is_moving_average else sorted(epochs),
        best_epoch,
        float(single),
        "single" if keeps_single else "averaged",
    )
    print(choice, file=sys.stderr)
    return choice


def _best_epoch(run, epochs, validation):
    """Returns the best of some epochs by the history: by the monitor if each epoch has it, otherwise by the loss."""
    path = run.output / HISTORY_NAME
    history = read_history(path) if path.is_file() else {"epoch": []}
    numbers = [int(number) + 1 for number in history["epoch"]]
    for monitor in (validation.monitor, "val_loss"):
        scores = dict(zip(numbers, history.get(monitor, ())))
        if all(scores.get(number) is not None and math.isfinite(scores[number]) for number in epochs):
            sign = -1 if MONITORS[monitor] == "max" else 1
            return min(sorted(epochs), key=lambda number: sign * scores[number])
    return max(epochs)
