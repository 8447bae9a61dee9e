import functools

import tensorflow as tf

from keras_transformer.generation.beam import advance, first_beam, is_live, stop_early
from keras_transformer.generation.beam_search import best_of, length_penalties
from keras_transformer.generation.hypotheses import Hypotheses
from keras_transformer.generation.search_limits import LENGTH_FACTOR, LENGTH_MARGIN
from keras_transformer.generation.static_decoder import StaticDecoder
from keras_transformer.generation.top_tokens import top_tokens
from keras_transformer.special_tokens import PADDING_ID

# Source lengths in tokens that have a compiled search. A sentence has about 10 to 40 tokens.
SOURCE_LENGTHS = (16, 32, 64)


def compiled_lengths(max_length):
    """Returns the source lengths with a compiled search, sorted, for sources of at most `max_length` tokens."""
    return sorted({min(length, max_length) for length in SOURCE_LENGTHS})


class CompiledSearch:
    """The beam search of single sentences, compiled by XLA. A `Generator` searches batches and longer sources.

    XLA compiles fixed shapes, so a source is padded to the next of `SOURCE_LENGTHS`, and the caches have all steps from
    the beginning. It joins operations, whose start takes most of the time of a step for one sentence. The last digits
    of a score can differ.

    Args:
        generator: the `Generator` of one model.
        settings: `SearchSettings` with `n_best` and `max_length`, without sampling, rules and shortlist.
    """

    def __init__(self, generator, settings):
        self._generator = generator
        self._settings = settings
        self._parts = generator.parts
        prefix = self._parts.target_prefix
        self._prefix = None if prefix is None else prefix.token_id
        self._lengths = compiled_lengths(settings.max_length)
        self._functions = [
            tf.function(
                self._search, input_signature=[tf.TensorSpec((1, length), tf.int32)], autograph=False, jit_compile=True
            )
            for length in self._lengths
        ]

    def generate(self, source_ids):
        """Translates token ids `(batch, length)` int32, with 0 as padding, and returns `Hypotheses`."""
        batch_size, length = tf.unstack(tf.shape(source_ids))

        def single(function, fixed_length):
            padded = tf.pad(source_ids, [[0, 0], [0, fixed_length - length]])
            token_ids, scores, num_steps = function(tf.reshape(padded, (1, fixed_length)))
            return Hypotheses(token_ids[:, :, :num_steps], scores)

        singles = [functools.partial(single, *each) for each in zip(self._functions, self._lengths, strict=True)]
        place = tf.searchsorted(self._lengths, [length])[0]
        branches = [*singles, lambda: self._generator.generate(source_ids, settings=self._settings)]
        return tf.switch_case(tf.where(tf.equal(batch_size, 1), place, len(singles)), branches)

    def _search(self, source_ids):
        """Returns the best token ids `(1, n_best, steps)`, their scores `(1, n_best)`, and the number of used steps."""
        settings = self._settings
        most_steps = min(LENGTH_FACTOR * source_ids.shape[1] + LENGTH_MARGIN, settings.max_length)
        decoder = StaticDecoder(self._parts, settings.beam_size, most_steps + (self._prefix is not None))
        encoded = decoder.encode(source_ids)
        num_tokens = tf.reduce_sum(tf.cast(tf.not_equal(source_ids, PADDING_ID), tf.int32), axis=1)
        max_lengths = tf.minimum(most_steps, LENGTH_FACTOR * num_tokens + LENGTH_MARGIN)
        penalties = length_penalties(settings.length_penalty, most_steps)
        has_source = tf.greater(num_tokens, 0)
        beam, cache = first_beam(has_source, settings.beam_size), decoder.empty_cache(1)
        if self._prefix is not None:
            _, cache = decoder.step(beam.token_ids, 0, encoded, cache)
            beam = first_beam(has_source, settings.beam_size, self._prefix)
        first_position = int(self._prefix is not None)
        places = tf.range(most_steps)

        def decode_step(step, beam, history, cache):
            logits, cache = decoder.step(beam.token_ids, step + first_position, encoded, cache)
            penalty = tf.gather(penalties, step + 1)
            tokens = top_tokens(logits, settings.beam_size)
            chosen, parents = advance(beam, tokens, penalty, tf.less(step + 1, max_lengths))
            history = tf.gather(history, parents, batch_dims=1)
            history = tf.where(tf.equal(places, step), tf.expand_dims(chosen.token_ids, 2), history)
            largest_penalties = tf.maximum(penalty, tf.gather(penalties, max_lengths))
            beam = stop_early(chosen._replace(history=beam.history), settings.n_best, largest_penalties)
            return step + 1, beam, history, decoder.reorder(cache, parents)

        history = tf.zeros((1, settings.beam_size, most_steps), tf.int32)
        num_steps, beam, history, _ = tf.while_loop(
            lambda step, beam, history, cache: tf.reduce_any(is_live(beam)),
            decode_step,
            (tf.constant(0), beam, history, cache),
        )
        found = best_of(Hypotheses(history, beam.scores), settings.n_best, has_source, most_steps)
        return found.token_ids, found.scores, num_steps
