from typing import NamedTuple

import tensorflow as tf

from keras_transformer.generation.beam import Beam, advance, beam_shapes, first_beam, is_live, stop_early
from keras_transformer.generation.cached_decoder import DecoderCache
from keras_transformer.generation.ensemble_decoder import decoder_of
from keras_transformer.generation.hypotheses import Hypotheses
from keras_transformer.generation.random_numbers import sentence_keys, uniform_numbers
from keras_transformer.generation.sampling import continue_samples, drawn_tokens
from keras_transformer.generation.search_limits import LENGTH_FACTOR, LENGTH_MARGIN
from keras_transformer.generation.search_step import SearchStep
from keras_transformer.generation.token_rules import allowed_logits, allowed_tokens
from keras_transformer.generation.top_tokens import top_tokens
from keras_transformer.layers.observation import observe
from keras_transformer.special_tokens import NUM_SPECIAL_TOKENS, PADDING_ID

# Steps of a block. After a block, finished sentences are removed and new keys and values are appended to the old ones.
BLOCK_STEPS = 8


class SearchState(NamedTuple):
    """State of the search between two blocks of steps.

    Args:
        step: scalar int32, number of completed steps.
        sentences: `(unfinished,)` int32, indices of the unfinished sentences in the batch.
        beam: their `Beam`.
        cache: their cache, such as a `DecoderCache`.
        found: the `Hypotheses` of the whole batch, finished or not.
    """

    step: tf.Tensor
    sentences: tf.Tensor
    beam: Beam
    cache: DecoderCache
    found: Hypotheses


class BeamSearch:
    """The search as a graph. `Generator` is its public interface.

    Args:
        members: the `TransformerParts` of the model, or of the models of an ensemble, a tuple.
        settings: `SearchSettings`. The length penalty, the maximum length and the seed are arguments of `search`.
        shortlist: the `Shortlist`, required if the settings have `shortlist`. Default None.
    """

    def __init__(self, members, settings, shortlist=None):
        self.settings = settings
        self.shortlist = shortlist if settings.shortlist else None
        self.beam_size = settings.num_hypotheses
        self.n_best = settings.n_best or 1
        self.decoder = decoder_of(members, self.beam_size)
        self.prefix = None if members[0].target_prefix is None else members[0].target_prefix.token_id

    def search(self, source_ids, length_penalty, max_length, seed=None, prefix_ids=None):
        """Searches the best translations of token ids, or draws translations.

        Args:
            source_ids: `(batch, source_length)` int32, 0 is padding.
            length_penalty: scalar float32, the exponent alpha.
            max_length: scalar int32, maximum length of a translation.
            seed: scalar int64, a `seed_key`, required if the settings `sample`. Default None.
            prefix_ids: `(batch, prefix_length)` int32, the first tokens of each translation, padded with 0, shorter
                than `max_length`. Default None.

        Returns:
            `Hypotheses`.
        """
        encoded = self.decoder.encode(source_ids)
        num_tokens = tf.reduce_sum(tf.cast(tf.not_equal(source_ids, PADDING_ID), tf.int32), axis=1)
        max_lengths = tf.minimum(max_length, self._own_limits(num_tokens, prefix_ids))
        penalties = length_penalties(length_penalty, max_length)
        rules = {} if prefix_ids is None else {"prefix_ids": prefix_ids}
        shortlist = None, None
        if self.settings.sample:
            rules["keys"] = sentence_keys(source_ids, seed)
        if self.shortlist is not None:
            tokens = self.shortlist.tokens_of(source_ids, prefix_ids, least=self.beam_size + NUM_SPECIAL_TOKENS)
            kernel, rules["output_bias"] = self.decoder.output_weights(tokens)
            shortlist = tokens.token_ids, kernel
        has_source = tf.greater(num_tokens, 0)

        def is_searching(state):
            return tf.greater(tf.size(state.sentences), 0)

        def decode_block(state):
            sentences = (encoded, max_lengths, rules)
            unfinished = tf.nest.map_structure(lambda part: tf.gather(part, state.sentences), sentences)
            return (self._decode_block(state, *unfinished, penalties, *shortlist),)

        state = self._first_state(has_source, max_lengths, encoded)
        (state,) = tf.while_loop(is_searching, decode_block, (state,), (self._state_shapes(),))
        return best_of(state.found, self.n_best, has_source, state.step)

    def _own_limits(self, num_tokens, prefix_ids):
        """Returns the maximum length of each translation by its source, `(batch,)`.

        It leaves space for a long prefix and the minimum length.
        """
        limits = LENGTH_FACTOR * num_tokens + LENGTH_MARGIN
        if self.settings.min_length:
            limits = tf.maximum(limits, self.settings.min_length + 1)
        if prefix_ids is not None:
            num_forced = tf.reduce_sum(tf.cast(tf.not_equal(prefix_ids, PADDING_ID), tf.int32), axis=1)
            limits = tf.maximum(limits, num_forced + LENGTH_MARGIN)
        return limits

    def _state_shapes(self):
        return SearchState(
            step=tf.TensorShape(()),
            sentences=tf.TensorShape((None,)),
            beam=beam_shapes(self.beam_size),
            cache=self.decoder.cache_shapes(),
            found=Hypotheses(tf.TensorShape((None, self.beam_size, None)), tf.TensorShape((None, self.beam_size))),
        )

    def _first_state(self, has_source, max_lengths, encoded):
        """Returns the state with the start token of every sentence. A prefix follows the start token."""
        batch_size = tf.shape(has_source)[0]
        all_live = self.settings.sample
        beam, cache = first_beam(has_source, self.beam_size, all_live=all_live), self.decoder.empty_cache(batch_size)
        if self.prefix is not None:
            _, cache = self.decoder.step(beam.token_ids, 0, encoded, cache)
            beam = first_beam(has_source, self.beam_size, self.prefix, all_live)
        # The maximum of an empty batch is the lowest integer.
        longest = tf.maximum(tf.reduce_max(max_lengths), 0)
        found = Hypotheses(tf.zeros((batch_size, self.beam_size, longest), tf.int32), beam.scores)
        return SearchState(tf.constant(0), tf.range(batch_size), beam, cache, found)

    def _decode_block(self, state, encoded, max_lengths, rules, penalties, token_ids, kernel):
        """Runs several steps, then removes the finished sentences from the batch."""
        block_end = state.step + BLOCK_STEPS

        def is_decoding(step, beam, cache):
            return tf.logical_and(tf.less(step, block_end), tf.reduce_any(is_live(beam)))

        def decode_step(step, beam, cache):
            position = step if self.prefix is None else step + 1
            output = None if kernel is None else (kernel, rules["output_bias"])
            logits, cache = self.decoder.step(beam.token_ids, position, encoded, cache, output)
            allowed = self._allowed(logits, beam.history, step, rules, token_ids)
            step = step + 1
            penalty = tf.gather(penalties, step)
            may_continue = tf.less(step, max_lengths)
            if self.settings.sample:
                drawn = self._drawn(allowed, step, rules)
                return step, continue_samples(beam, logits, drawn, penalty, may_continue), cache
            tokens = (
                top_tokens(logits, self.beam_size, token_ids)
                if allowed is None
                else allowed_tokens(logits, allowed, self.beam_size, token_ids)
            )
            chosen, parents = advance(beam, tokens, penalty, may_continue)
            largest_penalties = tf.maximum(penalty, tf.gather(penalties, max_lengths))
            beam = stop_early(chosen, self.n_best, largest_penalties)
            observe(search_step=SearchStep(tokens, penalty, chosen, parents, beam))
            return step, beam, self.decoder.reorder(cache, parents)

        shapes = (tf.TensorShape(()), beam_shapes(self.beam_size), self.decoder.cache_shapes())
        step, beam, cache = tf.while_loop(is_decoding, decode_step, (state.step, state.beam, state.cache), shapes)
        live = tf.reshape(tf.where(is_live(beam)), (-1,))
        return SearchState(
            step=step,
            sentences=tf.gather(state.sentences, live),
            beam=tf.nest.map_structure(lambda part: tf.gather(part, live), beam),
            cache=self.decoder.end_block(cache, live),
            found=record(state.found, state.sentences, beam),
        )

    def _allowed(self, logits, history, step, rules, token_ids):
        """Returns the `allowed_logits`, or None if the search has no rules."""
        settings, prefix_ids = self.settings, rules.get("prefix_ids")
        if not settings.has_rules and prefix_ids is None:
            return None
        shortlist = None if self.shortlist is None else (self.shortlist.vocabulary_size, token_ids)
        return allowed_logits(
            logits, history, step, settings.no_repeat_ngram, settings.min_length, prefix_ids, shortlist
        )

    def _drawn(self, allowed, step, rules):
        settings = self.settings
        numbers = tf.reshape(uniform_numbers(rules["keys"], step, self.beam_size), (-1,))
        return drawn_tokens(allowed, numbers, settings.temperature, settings.top_k, settings.top_p)


def length_penalties(length_penalty, max_length):
    """Returns the divisors ((5 + length) / 6)^alpha of log-probabilities for the lengths 0 to `max_length`.

    Reference:
        Wu et al. 2016 (arXiv 1609.08144), equation 14.
    """
    return tf.pow((5.0 + tf.cast(tf.range(max_length + 1), tf.float32)) / 6.0, length_penalty)


def record(found, sentences, beam):
    """Replaces the earlier hypotheses of some sentences."""
    missing = tf.shape(found.token_ids)[2] - tf.shape(beam.history)[2]
    history = tf.pad(beam.history, [[0, 0], [0, 0], [0, missing]])
    rows = tf.expand_dims(sentences, 1)
    return Hypotheses(
        tf.tensor_scatter_nd_update(found.token_ids, rows, history),
        tf.tensor_scatter_nd_update(found.scores, rows, beam.scores),
    )


def best_of(found, n_best, has_source, length):
    """Returns the best finished hypotheses, cut at `length` columns."""
    scores, chosen = tf.math.top_k(found.scores, n_best)
    token_ids = tf.gather(found.token_ids[:, :, :length], chosen, batch_dims=1)
    has_source = tf.expand_dims(has_source, 1)
    exists = tf.logical_and(has_source, tf.greater(scores, tf.float32.min))
    token_ids = tf.where(tf.expand_dims(exists, 2), token_ids, PADDING_ID)
    return Hypotheses(token_ids, tf.where(has_source, scores, 0.0))
