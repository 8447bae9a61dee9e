import functools

import keras
import tensorflow as tf

from keras_transformer.generation import beam as beams
from keras_transformer.generation.cached_decoder import CachedDecoder
from keras_transformer.generation.hypotheses import Hypotheses
from keras_transformer.generation.top_tokens import top_tokens
from keras_transformer.models.transformer_parts import transformer_parts
from keras_transformer.special_tokens import PADDING_ID

# A translation has at most LENGTH_FACTOR * source tokens + LENGTH_MARGIN tokens, the end token among them.
LENGTH_FACTOR = 2
LENGTH_MARGIN = 10
# Between two blocks of so many steps finished sentences leave the batch and new keys and values join the old ones.
BLOCK_STEPS = 8


class Generator:
    """Beam search with cached keys and values, inside the TensorFlow graph.

    It reads the weights of the model's own layers, so it follows further training.

    Args:
        model: a functional `keras.Model` of `build_transformer`.

    Raises:
        ValueError: the model is of another kind.
        RuntimeError: Keras runs on another backend than TensorFlow.

    Example:

    >>> hypotheses = Generator(model).generate(tf.constant([[17, 29, 3]]), beam_size=4)
    >>> hypotheses.token_ids[0, 0], hypotheses.scores[0, 0]
    ([48, 21, 3], -1.27)

    Reference:
        Sutskever et al. 2014 (arXiv 1409.3215), section 3.2, for beam search; Wu et al. 2016 (arXiv 1609.08144),
        section 7, for the length penalty; "Attention Is All You Need", section 6.1, for their defaults.
    """

    def __init__(self, model):
        if keras.backend.backend() != "tensorflow":
            raise RuntimeError(
                "Generation needs Keras on TensorFlow: set KERAS_BACKEND=tensorflow before keras is imported. "
                f"Received: the backend {keras.backend.backend()}."
            )
        self.parts = transformer_parts(model)
        self._functions = {}

    def generate(self, source_ids, beam_size=4, length_penalty=0.6, n_best=1, max_length=None):
        """Translates token ids.

        What comes out for a sentence depends on this sentence alone, not on the others of the batch or on padding.

        Args:
            source_ids: `(batch, source_length)` int32, each row tokens and the end token, then 0. A row without any
                token gives an empty translation.
            beam_size: number of hypotheses kept per sentence; 1 is greedy search. Default 4.
            length_penalty: the exponent alpha of the length penalty ((5 + length) / 6)^alpha that log-probabilities
                are divided by; 0 compares bare log-probabilities. Default 0.6.
            n_best: number of translations per sentence, at most `beam_size`. Default 1.
            max_length: the longest translation in tokens, the end token among them. Default: the config's
                `max_length`. It is never more than `LENGTH_FACTOR` times the source's tokens plus `LENGTH_MARGIN`.

        Returns:
            `Hypotheses`: `token_ids` `(batch, n_best, length)` and `scores` `(batch, n_best)`.

        Raises:
            ValueError: an argument is out of range.
        """
        longest = self.parts.target_embedding.max_length
        max_length = longest if max_length is None else max_length
        _check_range("beam_size", beam_size, 1, None)
        _check_range("n_best", n_best, 1, beam_size)
        _check_range("max_length", max_length, 1, longest)
        source_ids = tf.cast(source_ids, tf.int32)
        limits = (tf.constant(length_penalty, tf.float32), tf.constant(max_length))
        if tf.executing_eagerly():
            return self._function(beam_size, n_best)(source_ids, *limits)
        return self._search(source_ids, *limits, beam_size=beam_size, n_best=n_best)

    def _function(self, beam_size, n_best):
        """The search as a graph, traced once for every beam."""
        if (beam_size, n_best) not in self._functions:
            signature = [tf.TensorSpec((None, None), tf.int32), tf.TensorSpec(()), tf.TensorSpec((), tf.int32)]
            search = functools.partial(self._search, beam_size=beam_size, n_best=n_best)
            self._functions[beam_size, n_best] = tf.function(search, input_signature=signature)
        return self._functions[beam_size, n_best]

    def _search(self, source_ids, length_penalty, max_length, beam_size, n_best):
        """Decodes in blocks of steps; between two blocks finished sentences leave the batch."""
        decoder = CachedDecoder(self.parts, beam_size)
        encoded = decoder.encode(source_ids)
        num_tokens = tf.reduce_sum(tf.cast(tf.not_equal(source_ids, PADDING_ID), tf.int32), axis=1)
        max_lengths = tf.minimum(max_length, LENGTH_FACTOR * num_tokens + LENGTH_MARGIN)
        penalties = beams.length_penalties(length_penalty, max_length)

        def decode_block(step, sentences, beam, cache, found):
            limits = tf.gather(max_lengths, sentences)
            block_encoded = tf.nest.map_structure(lambda part: tf.gather(part, sentences), encoded)
            block_end = step + BLOCK_STEPS

            def is_decoding(step, beam, cache):
                return tf.logical_and(tf.less(step, block_end), tf.reduce_any(beams.is_live(beam)))

            def decode_step(step, beam, cache):
                logits, cache = decoder.step(beam.token_ids, step, block_encoded, cache)
                step = step + 1
                penalty = tf.gather(penalties, step)
                beam, parents = beams.advance(beam, top_tokens(logits, beam_size), penalty, tf.less(step, limits))
                beam = beams.stop_early(beam, n_best, tf.maximum(penalty, tf.gather(penalties, limits)))
                return step, beam, decoder.reorder(cache, parents)

            shapes = (step.shape, beams.beam_shapes(beam_size), decoder.cache_shapes())
            step, beam, cache = tf.while_loop(is_decoding, decode_step, (step, beam, cache), shapes)
            found = _record(found, sentences, beam)
            unfinished = tf.reshape(tf.where(beams.is_live(beam)), (-1,))
            sentences, beam = tf.nest.map_structure(lambda part: tf.gather(part, unfinished), (sentences, beam))
            return step, sentences, beam, decoder.end_block(cache, unfinished), found

        has_source = tf.greater(num_tokens, 0)
        beam = beams.first_beam(has_source, beam_size)
        batch_size = tf.shape(source_ids)[0]
        found = Hypotheses(tf.zeros((batch_size, beam_size, tf.reduce_max(max_lengths)), tf.int32), beam.scores)
        state = (tf.constant(0), tf.range(batch_size), beam, decoder.empty_cache(batch_size), found)
        shapes = (state[0].shape, state[1].shape, beams.beam_shapes(beam_size), decoder.cache_shapes(), Hypotheses(found.token_ids.shape, found.scores.shape))
        step, _, _, _, found = tf.while_loop(lambda *state: tf.greater(tf.size(state[1]), 0), decode_block, state, shapes)
        return _best(found, n_best, has_source, step)


def _check_range(name, value, low, high):
    if value < low or (high is not None and value > high):
        expected = f"at least {low}" if high is None else f"from {low} to {high}"
        raise ValueError(f"`{name}` must be {expected}. Received: {name}={value}.")


def _record(found, sentences, beam):
    """Writes the hypotheses of some sentences over what was found for them before."""
    missing = tf.shape(found.token_ids)[2] - tf.shape(beam.history)[2]
    history = tf.pad(beam.history, [[0, 0], [0, 0], [0, missing]])
    rows = tf.expand_dims(sentences, 1)
    return Hypotheses(
        tf.tensor_scatter_nd_update(found.token_ids, rows, history),
        tf.tensor_scatter_nd_update(found.scores, rows, beam.scores),
    )


def _best(found, n_best, has_source, length):
    """The best finished hypotheses, without the columns behind `length`."""
    scores, chosen = tf.math.top_k(found.scores, n_best)
    token_ids = tf.gather(found.token_ids[:, :, :length], chosen, batch_dims=1)
    exists = tf.greater(scores, tf.float32.min)
    token_ids = tf.where(tf.expand_dims(exists, 2), token_ids, PADDING_ID)
    return Hypotheses(token_ids, tf.where(tf.expand_dims(has_source, 1), scores, 0.0))
