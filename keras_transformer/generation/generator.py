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
        options = (beam_size, float(length_penalty), n_best, max_length)
        if not tf.executing_eagerly():
            return self._search(tf.cast(source_ids, tf.int32), *options)
        if options not in self._functions:
            signature = [tf.TensorSpec((None, None), tf.int32)]
            self._functions[options] = tf.function(lambda ids: self._search(ids, *options), input_signature=signature)
        return self._functions[options](tf.cast(source_ids, tf.int32))

    def _search(self, source_ids, beam_size, length_penalty, n_best, max_length):
        decoder = CachedDecoder(self.parts, beam_size)
        num_tokens = tf.reduce_sum(tf.cast(tf.not_equal(source_ids, PADDING_ID), tf.int32), axis=1)
        max_lengths = tf.minimum(max_length, LENGTH_FACTOR * num_tokens + LENGTH_MARGIN)
        # Without a sentence the maximum is the lowest integer.
        length = tf.maximum(tf.reduce_max(max_lengths), 1)
        penalties = tf.constant(beams.penalties(length_penalty, max_length))
        encoded = decoder.encode(source_ids)

        def is_searching(step, beam, cache):
            return tf.reduce_any(tf.greater(beam.log_probs, tf.float32.min))

        def search_step(step, beam, cache):
            logits, cache = decoder.step(beam.token_ids, step, encoded, cache)
            tokens = top_tokens(logits, beam_size)
            penalty = tf.gather(penalties, step + 1)
            beam, parents = beams.advance(beam, tokens, step, penalty, tf.less(step + 1, max_lengths))
            most = tf.gather(penalties, max_lengths) if length_penalty > 0 else penalty
            beam = beams.stop_early(beam, n_best, most)
            return step + 1, beam, decoder.reorder(cache, parents)

        has_source = tf.greater(num_tokens, 0)
        beam = beams.first_beam(has_source, beam_size, length)
        state = (tf.constant(0), beam, decoder.empty_cache(tf.shape(source_ids)[0], length))
        _, beam, _ = tf.while_loop(is_searching, search_step, state)
        return _best(beam, n_best, has_source)


def _check_range(name, value, low, high):
    if value < low or (high is not None and value > high):
        expected = f"at least {low}" if high is None else f"from {low} to {high}"
        raise ValueError(f"`{name}` must be {expected}. Received: {name}={value}.")


def _best(beam, n_best, has_source):
    """The best finished hypotheses as `Hypotheses`."""
    scores, chosen = tf.math.top_k(beam.scores, n_best)
    exists = tf.greater(scores, tf.float32.min)
    token_ids = tf.where(tf.expand_dims(exists, 2), tf.gather(beam.history, chosen, batch_dims=1), PADDING_ID)
    return Hypotheses(token_ids, tf.where(tf.expand_dims(has_source, 1), scores, 0.0))
