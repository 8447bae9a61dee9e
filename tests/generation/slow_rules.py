"""Slow and simple search with rules, and slow sampling: the whole model is run on every prefix anew, in NumPy."""

import numpy as np
from slow_search import log_probabilities

from keras_transformer.special_tokens import END_ID

PRIME = 2**31 - 1


def allowed_tokens(tokens, vocabulary_size, prefix=(), no_repeat_ngram=None, min_length=0):
    """The tokens that may follow these tokens."""
    place = len(tokens)
    if place < len(prefix):
        return {prefix[place]}
    allowed = set(range(END_ID, vocabulary_size))
    if no_repeat_ngram:
        seen = {tuple(tokens[start : start + no_repeat_ngram]) for start in range(place - no_repeat_ngram + 1)}
        last = tokens[place - no_repeat_ngram + 1 :] if no_repeat_ngram > 1 else []
        allowed -= {token for token in allowed if (*last, token) in seen}
    if place < min_length and allowed != {END_ID}:
        allowed.discard(END_ID)
    return allowed


def own_limit(source, max_length, prefix=(), min_length=0):
    """The maximum length of the translation of a source, including the end token."""
    longest = max(2 * len(source) + 10, min_length + 1 if min_length else 0, len(prefix) + 10 if len(prefix) else 0)
    return min(max_length, longest)


def mean_log_probabilities(models, source, prefixes):
    """The logarithm of the mean probability of all models."""
    return np.log(np.mean([np.exp(log_probabilities(model, source, prefixes)) for model in models], axis=0))


def slow_beam(models, source, beam_size, length_penalty, max_length, **rules):
    """All finished hypotheses of the beam for one source without padding, as (score, tokens), best first."""
    limits = {name: value for name, value in rules.items() if name != "no_repeat_ngram"}
    max_length = own_limit(source, max_length, **limits)
    live, finished = [(0.0, [])], []
    while live:
        following = mean_log_probabilities(models, source, [tokens for _, tokens in live])
        candidates = [(score, 0.0, tokens, False) for score, tokens in finished]
        for (log_prob, tokens), next_log_probs in zip(live, following, strict=True):
            allowed = allowed_tokens(tokens, len(next_log_probs), **rules)
            if len(tokens) + 1 == max_length:
                allowed &= {END_ID}
            for token in allowed:
                total, longer = log_prob + next_log_probs[token], [*tokens, token]
                score = total / ((5 + len(longer)) / 6) ** length_penalty
                candidates.append((score, total, longer, token != END_ID))
        best = sorted(candidates, key=lambda candidate: -candidate[0])[:beam_size]
        live = [(total, tokens) for _, total, tokens, is_live in best if is_live]
        finished = [(score, tokens) for score, _, tokens, is_live in best if not is_live]
    return finished


def slow_samples(
    models, source, samples, length_penalty, max_length, seed, temperature=1.0, top_k=None, top_p=None, **rules
):
    """The samples of one source without padding, as (score, tokens), best first."""
    limits = {name: value for name, value in rules.items() if name != "no_repeat_ngram"}
    max_length, found = own_limit(source, max_length, **limits), []
    for sample in range(samples):
        tokens, log_prob = [], 0.0
        while tokens[-1:] != [END_ID]:
            (log_probs,) = mean_log_probabilities(models, source, [tokens])
            if len(tokens) + 1 == max_length:
                token = END_ID
            else:
                allowed = sorted(allowed_tokens(tokens, len(log_probs), **rules))
                number = uniform_number(source, seed, len(tokens) + 1, sample)
                token = drawn(log_probs, allowed, number, temperature, top_k, top_p)
            tokens.append(token)
            log_prob += log_probs[token]
        found.append((log_prob / ((5 + len(tokens)) / 6) ** length_penalty, tokens))
    return sorted(found, reverse=True)


def drawn(log_probs, allowed, number, temperature, top_k, top_p):
    """The token that a uniform number selects among the allowed tokens."""
    if top_k or top_p:
        allowed = sorted(allowed, key=lambda token: -log_probs[token])[:top_k]
    weights = np.exp(log_probs[allowed] / temperature)
    weights /= weights.sum()
    if top_p:
        weights[np.cumsum(weights) - weights >= top_p] = 0.0
    cumulative = np.cumsum(weights)
    return int(allowed[int(np.sum(cumulative <= number * cumulative[-1]))])


def uniform_number(source, seed, step, sample):
    """The random number of a step, in whole numbers of Python."""
    key = 0
    while True:
        seed, digit = divmod(seed, PRIME)
        key = mixed(key, digit)
        if not seed:
            break
    key_of_sentence = sum(int(token) * pow(1_103_515_245, place, PRIME) for place, token in enumerate(source)) % PRIME
    key = mixed(mixed(mixed(key_of_sentence, key), step), sample)
    return key % 2**23 / 2**23


def mixed(state, number):
    state = (state + number) % PRIME
    for constant in (1_367_130_551, 918_745_211, 1_640_531_527):
        state = pow(state + constant, 5, PRIME)
    return state
