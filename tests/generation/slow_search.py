"""Slow and simple beam search: the whole model is run on every prefix anew."""

import functools

import keras
import numpy as np
import tensorflow as tf

from keras_transformer.models import TransformerConfig, build_transformer, transformer_parts
from keras_transformer.special_tokens import END_ID, NUM_SPECIAL_TOKENS, START_ID


def small_model(seed=1, **overrides):
    """A model with random weights, large enough for peaked distributions."""
    fields = {
        "vocabulary_size": 14,
        "num_encoder_layers": 1,
        "num_decoder_layers": 2,
        "hidden_dim": 16,
        "intermediate_dim": 24,
        "num_heads": 2,
        "max_length": 40,
    }
    keras.utils.set_random_seed(seed)
    model = build_transformer(TransformerConfig(**{**fields, **overrides}))
    random = np.random.default_rng(seed)
    for weight in model.weights:
        noise = random.normal(size=weight.shape) * (0.1 if len(weight.shape) == 1 else 1.5 * weight.shape[0] ** -0.5)
        weight.assign(noise + 1.0 if weight.path.endswith("gamma") else noise)
    embedding = transformer_parts(model).target_embedding
    embedding.embeddings.assign(random.normal(size=embedding.embeddings.shape) * 0.6)
    return model


def sentences(lengths, vocabulary_size=14, seed=2):
    """A padded batch of random sources, each with the end token; a length of 0 is an empty source."""
    random = np.random.default_rng(seed)
    batch = np.zeros((len(lengths), max(lengths) + 1), "int32")
    for row, length in zip(batch, lengths):
        if length:
            row[:length] = random.integers(NUM_SPECIAL_TOKENS, vocabulary_size, length)
            row[length] = END_ID
    return batch


@functools.lru_cache
def compiled(model):
    """The model as one graph for every shape."""
    token_ids = tf.TensorSpec((None, None), tf.int32)
    return tf.function(
        lambda source_ids, target_ids: model({"source_ids": source_ids, "target_ids": target_ids}, training=False),
        input_signature=[token_ids, token_ids],
    )


def log_probabilities(model, source, prefixes):
    """Log-probabilities of the next token after every prefix, `(prefixes, vocabulary_size)` float64."""
    sources = np.repeat(source[np.newaxis], len(prefixes), axis=0)
    targets = np.array([[START_ID, *prefix] for prefix in prefixes], "int32")
    logits = compiled(model)(sources, targets).numpy()[:, -1].astype("float64")
    logits -= logits.max(axis=1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def slow_search(model, source, beam_size, length_penalty, max_length):
    """All finished hypotheses of the beam for one source without padding, as (score, tokens), best first."""

    def score(log_prob, tokens):
        return log_prob / ((5 + len(tokens)) / 6) ** length_penalty

    live, finished = [(0.0, [])], []
    while live:
        next_log_probs = log_probabilities(model, source, [tokens for _, tokens in live])
        candidates = [(value, value, tokens, False) for value, tokens in finished]
        for (log_prob, tokens), next_log_prob in zip(live, next_log_probs):
            last = len(tokens) + 1 == max_length
            for token in range(END_ID, END_ID + 1 if last else len(next_log_prob)):
                total, longer = log_prob + next_log_prob[token], [*tokens, token]
                candidates.append((score(total, longer), total, longer, token != END_ID))
        best = sorted(candidates, key=lambda candidate: -candidate[0])[:beam_size]
        live = [(total, tokens) for _, total, tokens, is_live in best if is_live]
        finished = [(value, tokens) for value, _, tokens, is_live in best if not is_live]
    return finished
