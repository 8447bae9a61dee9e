"""Excludes tokens from the continuations of hypotheses: repeated n-grams, early ends, all but forced tokens."""

import math

import tensorflow as tf

from keras_transformer.generation.top_tokens import TopTokens, log_normalizer, tokens_at, top_k
from keras_transformer.special_tokens import END_ID, NUM_SPECIAL_TOKENS, PADDING_ID

# Logit of an excluded token.
EXCLUDED = tf.float32.min


def allowed_logits(logits, history, step, no_repeat_ngram=None, min_length=0, prefix_ids=None, shortlist=None):
    """Returns the logits with the value `EXCLUDED` at tokens that must not follow.

    Padding, unknown and start token are always excluded. At least one token is allowed: the end token, if
    `no_repeat_ngram` excludes all others, and a forced token in any case.

    Args:
        logits: `(batch * beam_size, vocabulary_size)` float32, with static vocabulary size.
        history: `(batch, beam_size, steps)` int32, the tokens of the hypotheses.
        step: scalar int32, number of completed steps.
        no_repeat_ngram: length of n-grams that must not occur twice in a hypothesis. Default None: no limit.
        min_length: minimum number of tokens before the end token. Default 0.
        prefix_ids: `(batch, prefix_length)` int32, forced first tokens of each sentence, padded with 0. Default None.
        shortlist: the size of the vocabulary, and the tokens of the logits, `(num_tokens,)` int32. Default None: the
            logits are of the whole vocabulary.

    Returns:
        The same shape.
    """
    if shortlist is None:
        vocabulary_size, token_ids = logits.shape[-1], tf.expand_dims(tf.range(logits.shape[-1]), 0)
    else:
        vocabulary_size, token_ids = shortlist[0], tf.expand_dims(shortlist[1], 0)
    is_excluded = tf.logical_and(token_ids < NUM_SPECIAL_TOKENS, tf.not_equal(token_ids, END_ID))
    if no_repeat_ngram is not None:
        repeats = _repeated_ngrams(history, no_repeat_ngram, vocabulary_size)
        if shortlist is not None:
            repeats = tf.gather(repeats, shortlist[1], axis=1)
        is_excluded = tf.logical_or(is_excluded, repeats)
    if shortlist is not None:
        # Tokens of other sentences, which `hiding_bias` has hidden.
        is_excluded = tf.logical_or(is_excluded, logits < 0.25 * EXCLUDED)
    allowed = tf.where(is_excluded, EXCLUDED, logits)
    if min_length:
        is_end = tf.equal(token_ids, END_ID)
        others = tf.reduce_max(tf.where(is_end, EXCLUDED, allowed), axis=1, keepdims=True)
        is_early = tf.logical_and(tf.less(step, min_length), others > EXCLUDED)
        allowed = tf.where(tf.logical_and(is_early, is_end), EXCLUDED, allowed)
    if prefix_ids is not None:
        forced = _forced_tokens(prefix_ids, step, history.shape[1])
        forced_logits = tf.where(tf.equal(forced, token_ids), logits, EXCLUDED)
        allowed = tf.where(tf.equal(forced, PADDING_ID), allowed, forced_logits)
    return allowed


def allowed_tokens(logits, allowed, count, token_ids=None):
    """Returns the `count` most probable allowed ordinary tokens of every row, and the end token.

    Args:
        logits: `(rows, vocabulary_size)` float32, the model's.
        allowed: the `allowed_logits`.
        count: number of ordinary tokens.
        token_ids: those of a shortlist, `(num_tokens,)` int32. Default None: the whole vocabulary.

    Returns:
        `TopTokens` with the model's log-probabilities, minus infinity for excluded tokens.
    """
    vocabulary_size = logits.shape[-1]
    values, places = top_k(allowed, count + 1 if token_ids is not None else min(count + 1, vocabulary_size))
    normalizers = normalizers_of(logits)
    if token_ids is None:
        # The blocks of `top_k` may be padded with tokens beyond the vocabulary, which are excluded.
        places = tf.minimum(places, vocabulary_size - 1)
    token_ids = tokens_at(places, token_ids)
    is_ordinary = tf.logical_and(values > EXCLUDED, token_ids >= NUM_SPECIAL_TOKENS)
    end_log_probs = tf.where(allowed[:, END_ID] > EXCLUDED, logits[:, END_ID] - tf.squeeze(normalizers, 1), -math.inf)
    return TopTokens(tf.where(is_ordinary, values - normalizers, -math.inf), token_ids, end_log_probs)


def normalizers_of(logits):
    """Returns log(sum(exp(logits))) of every row, `(rows, 1)`."""
    return log_normalizer(logits, *top_k(logits, 1))


def _forced_tokens(prefix_ids, step, beam_size):
    """Returns the forced token of every hypothesis at a step, or 0 without one, `(batch * beam_size, 1)`."""
    width = tf.shape(prefix_ids)[1]
    # One more column, without forced tokens, is for all steps after the prefixes.
    padded = tf.pad(prefix_ids, [[0, 0], [0, 1]])
    forced = tf.gather(padded, tf.minimum(step, width), axis=1)
    return tf.reshape(tf.tile(tf.expand_dims(forced, 1), [1, beam_size]), (-1, 1))


def _repeated_ngrams(history, length, vocabulary_size):
    """Returns the tokens that would complete an n-gram of the history again, `(batch * beam_size, vocabulary_size)`."""
    steps = tf.shape(history)[2]
    # With as many columns of padding before the tokens, there is always a window.
    padded = tf.pad(history, [[0, 0], [0, 0], [length, 0]])
    is_match = tf.ones_like(padded[:, :, length - 1 :], tf.bool)
    for offset in range(length - 1):
        last = padded[:, :, steps + 1 + offset : steps + 2 + offset]
        is_match = tf.logical_and(is_match, tf.equal(padded[:, :, offset : steps + 1 + offset], last))
    width = steps + 1
    following = tf.reshape(padded[:, :, length - 1 :], (-1, width))
    rows = tf.expand_dims(tf.range(tf.shape(following)[0]), 1) * vocabulary_size
    counts = tf.scatter_nd(
        tf.reshape(rows + following, (-1, 1)),
        tf.reshape(tf.cast(is_match, tf.int32), (-1,)),
        tf.expand_dims(tf.shape(following)[0] * vocabulary_size, 0),
    )
    return tf.reshape(counts > 0, (-1, vocabulary_size))
