"""The three kinds of model behind one interface."""

import keras
import numpy as np

import keras_transformer as kt
from lstm_comparison.lstm_translator import LSTMTranslator, units_for
from lstm_comparison.settings import LSTM_ATTENTION, TRANSFORMER

_ROWS = 64
# Halved four times in the last third of the training: the scheme `luong234` of the TensorFlow NMT tutorial.
_DECAY_START, _NUM_HALVINGS = 2 / 3, 4
_LARGEST_NORM = 5.0


class ComparedModel:
    """A model of a kind, compiled, with greedy search.

    Args:
        kind: one of `KINDS`.
        vocabulary_size: number of tokens.
        settings: the `Settings` of the corpus.
        learning_rate: peak of the Transformer's schedule; first rate of an LSTM's.
    """

    def __init__(self, kind, vocabulary_size, settings, learning_rate):
        config = kt.TransformerConfig(
            vocabulary_size=vocabulary_size,
            max_length=settings.max_length,
            dropout=settings.dropout,
            normalize_first=True,
            **settings.model,
        )
        transformer = kt.build_transformer(config)
        if kind == TRANSFORMER:
            self.model = transformer
            self._generator = kt.generation.Generator(transformer)
            schedule = kt.schedules.WarmupSchedule(
                peak=learning_rate,
                warmup_steps=max(1, settings.steps // 10),
                decay="cosine",
                total_steps=settings.steps + 1,
            )
            optimizer = keras.optimizers.Adam(schedule, beta_2=0.98, epsilon=1e-9)
        else:
            attention = kind == LSTM_ATTENTION
            units = units_for(transformer.count_params(), vocabulary_size, attention)
            self._generator = LSTMTranslator(vocabulary_size, units, attention, settings.dropout)
            self.model = self._generator.model
            schedule = _halving_schedule(learning_rate, settings.steps)
            optimizer = keras.optimizers.Adam(schedule, global_clipnorm=_LARGEST_NORM)
        self.kind = kind
        self.model.compile(
            optimizer,
            kt.losses.SmoothedCrossEntropy(0.1),
            metrics=[kt.metrics.Perplexity()],
            jit_compile=False,
        )

    def generate(self, source_ids):
        """Returns the greedy translations of token ids, `(batch, length)`, padded with 0."""
        if self.kind != TRANSFORMER:
            return self._generator.generate(source_ids).numpy()
        return self._generator.generate(source_ids, beam_size=1).token_ids[:, 0].numpy()

    def translate(self, tokenizer, texts, max_length):
        """Translates texts and returns the translations in the same order."""
        tokenizers = kt.Tokenizers(tokenizer)
        order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        translations = [""] * len(texts)
        for start in range(0, len(order), _ROWS):
            numbers = order[start : start + _ROWS]
            source_ids = tokenizers.encode_source([texts[number] for number in numbers], max_length)
            found = tokenizers.decode_target(np.array(self.generate(source_ids), "int32"))
            for number, translation in zip(numbers, found, strict=True):
                translations[number] = translation
        return translations


def _halving_schedule(learning_rate, steps):
    start = int(steps * _DECAY_START)
    interval = max(1, (steps - start) // _NUM_HALVINGS)
    boundaries = [start + interval * number for number in range(1, _NUM_HALVINGS + 1)]
    rates = [learning_rate * 0.5**number for number in range(_NUM_HALVINGS + 1)]
    return keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, rates)
