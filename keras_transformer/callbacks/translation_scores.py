import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from keras_transformer.data import text_of_pairs
from keras_transformer.errors import InputError
from keras_transformer.generation.search_settings import GREEDY, SearchSettings
from keras_transformer.metrics.text_scores import TOKENIZERS, corpus_scores
from keras_transformer.processes.printable import printable
from keras_transformer.text import Tokenizers
from keras_transformer.translator import Translator

if TYPE_CHECKING:
    from keras_transformer.text.tokenizer import Tokenizer


# Larger than the default of `Translator`: all texts are available, and few large steps are faster than many small ones.
_BATCH_SIZE = 256


class TranslationScores(keras.callbacks.Callback):
    """Translates a validation set during training and adds its scores to the logs, by default `val_bleu`, `val_chrf`.

    Put it before callbacks that read the scores, such as `EarlyStopping("val_bleu", mode="max")`. The logs of an epoch
    have the scores of its last evaluation. The logs of an epoch without an evaluation have no scores.

    Args:
        pairs: a list of `(source, target)` strings, or a `tf.data.Dataset` of them, such as that of `text_pairs`.
        source_tokenizer: the source's `Tokenizer`, or the `Tokenizers` of both sides.
        target_tokenizer: the target's `Tokenizer`. Default: the source's.
        every: number of epochs between two evaluations. Default 1.
        beam_size: a shorthand for `settings`. Default 1 (greedy search).
        tokenize: sacreBLEU's tokenization. Default "13a".
        every_steps: number of optimizer steps between two evaluations, instead of `every`. Default None.
        samples: number of sentences, spaced evenly in the set, whose translations are printed to standard error at each
            evaluation. Default 0.
        log_dir: folder of TensorBoard logs with scores and samples by optimizer step. It needs the package tensorboard.
            Default None.
        lowercase: whether the scores ignore case, for models of lower-cased text. Default False.
        prefix: prefix of the names in the logs. Use different prefixes for several sets. Default "val_".
        settings: the `SearchSettings`; `n_best` is ignored. Default: those of `beam_size`.

    Raises:
        ValueError: `pairs` is empty, the tokenization is unknown, or a number is out of range.

    Example:

    >>> scores = kt.callbacks.TranslationScores(validation_pairs, tokenizer)
    >>> history = model.fit(batches, epochs=2, callbacks=[scores], shuffle=False)
    >>> list(history.history)
    ['loss', 'val_bleu', 'val_chrf']
    """

    def __init__(
        self,
        pairs: Sequence[tuple[str, str]] | tf.data.Dataset,
        source_tokenizer: "Tokenizer | Tokenizers",
        target_tokenizer: "Tokenizer | None" = None,
        every: int = 1,
        beam_size: int | None = None,
        tokenize: str = "13a",
        every_steps: int | None = None,
        samples: int = 0,
        log_dir: str | os.PathLike | None = None,
        lowercase: bool = False,
        prefix: str = "val_",
        settings: SearchSettings | None = None,
    ):
        super().__init__()
        pairs = list(text_of_pairs(pairs) if isinstance(pairs, tf.data.Dataset) else pairs)
        if not pairs:
            raise ValueError("`pairs` must have at least one sentence pair. Received none.")
        if tokenize not in TOKENIZERS:
            raise ValueError(f"`tokenize` must be one of {', '.join(TOKENIZERS)}. Received: tokenize={tokenize!r}.")
        for name, number in [("every", every), ("every_steps", every_steps)]:
            if number is not None and number < 1:
                raise ValueError(f"`{name}` must be at least 1. Received: {name}={number}.")
        if samples < 0 or samples != int(samples):
            raise ValueError(f"`samples` must be a whole number of at least 0. Received: samples={samples}.")
        self.pairs = pairs
        self.tokenizers = Tokenizers.of(source_tokenizer, target_tokenizer)
        self.every = every
        if beam_size is None and settings is None:
            settings = GREEDY
        self.settings = SearchSettings.of(settings, beam_size=beam_size).with_n_best(1)
        if self.settings.shortlist:
            raise InputError("The model of a training has no shortlist. Received: shortlist=True.")
        self.tokenize = tokenize
        self.every_steps = every_steps
        self.samples = min(samples, len(pairs))
        self.log_dir = log_dir
        self.lowercase = lowercase
        self.prefix = prefix
        # Scores of the current epoch.
        self._scores = {}

    @property
    def beam_size(self) -> int:
        """Number of hypotheses kept per sentence."""
        return self.settings.beam_size

    def on_train_begin(self, logs=None):
        # Made once, so that the search is traced once. It reads the current weights at each evaluation.
        self._translator = Translator(self.model, self.tokenizers)
        self._scores = {}
        self._writer = tf.summary.create_file_writer(str(self.log_dir)) if self.log_dir else None

    def on_train_batch_end(self, batch, logs=None):
        if not self.every_steps:
            return
        # With gradient accumulation, several batches belong to one step.
        step = int(self.model.optimizer.iterations)
        # One execution can have several steps.
        if step // self.every_steps > self._last_step // self.every_steps:
            self._evaluate()
            print(f"step {step:,}: " + self._described_scores(), file=sys.stderr)
        self._last_step = step

    def on_epoch_begin(self, epoch, logs=None):
        self._last_step = int(self.model.optimizer.iterations)

    def on_epoch_end(self, epoch, logs=None):
        if not self.every_steps and (epoch + 1) % self.every == 0:
            self._evaluate()
        if logs is not None:
            logs.update(self._scores)
        self._scores = {}

    def on_train_end(self, logs=None):
        if self._writer:
            self._writer.close()

    def get_state(self) -> dict[str, Any]:
        """Returns the state that a resumed training needs, for `TrainingState`."""
        return self._scores

    def set_state(self, state: dict[str, Any]) -> None:
        """Restores the value of `get_state`."""
        self._scores = state

    def _evaluate(self):
        sources, references = (list(side) for side in zip(*self.pairs, strict=True))
        translations = self._translator.translate(sources, batch_size=_BATCH_SIZE, settings=self.settings)
        scores = corpus_scores(translations, references, self.tokenize, self.lowercase)
        self._scores = {f"{self.prefix}{name}": scores[name] for name in ("bleu", "chrf")}
        shown = [index * len(sources) // self.samples for index in range(self.samples)]
        samples = [(sources[index], translations[index], references[index]) for index in shown]
        for sample in samples:
            # Texts of a model or a file can contain control characters.
            source, translation, reference = map(printable, sample)
            print(f"\nsource:      {source}\ntranslation: {translation}\nreference:   {reference}", file=sys.stderr)
        if self._writer:
            self._write_summaries(samples)

    def _write_summaries(self, samples):
        with self._writer.as_default(step=int(self.model.optimizer.iterations)):
            for name, score in self._scores.items():
                tf.summary.scalar(name, score)
            if samples:
                rows = [["source", "translation", "reference"], *samples]
                tf.summary.text("translations", tf.constant([list(row) for row in rows]))
        self._writer.flush()

    def _described_scores(self):
        return ", ".join(f"{name} {score:.2f}" for name, score in self._scores.items())
