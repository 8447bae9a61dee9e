"""Collects the data of a page for one sentence."""

import dataclasses

import tensorflow as tf

from keras_transformer.data.pool_batches import shift_targets
from keras_transformer.explanation.forward_pass import forward_pass
from keras_transformer.explanation.page_checks import check_length
from keras_transformer.explanation.search_tree import search_tree
from keras_transformer.generation.top_tokens import log_normalizer, top_k
from keras_transformer.layers.attention import hiding_bias
from keras_transformer.models.ensemble import members_of
from keras_transformer.special_tokens import END_ID, PADDING_ID, START_ID, UNKNOWN_ID
from keras_transformer.text.masking import Masking
from keras_transformer.text.token_rows import padded_ids, token_rows
from keras_transformer.text.tokenizer import check_unicode

# Number of next words of each step.
_NEXT_WORDS = 10
# SentencePiece writes `<s>` and `</s>`, which are hard to tell apart.
_SPECIAL = {PADDING_ID: "<padding>", UNKNOWN_ID: "<unknown>", START_ID: "<start>", END_ID: "<end>"}


def source_ids_of(translator, text, max_length):
    """Returns the token ids of a masked sentence, `(1, source_length)` int32.

    Raises:
        InputError: the text has no tokens, or more than the model reads.
    """
    rows = token_rows(translator.source_tokenizer, [text])
    check_length(text, int(rows.row_lengths()[0]), max_length)
    return padded_ids(rows, max_length)


def page_data(translator, text, settings):
    """Computes the data of a page.

    Args:
        translator: a `Translator` of a single model.
        text: the sentence.
        settings: `SearchSettings` of the model.

    Returns:
        A dictionary for JSON, and the matrices of `forward_pass`.

    Raises:
        InputError: the text has no tokens or too many, or the model computes numbers that are not finite.
    """
    (parts,) = members_of(translator.model)
    check_unicode(text)
    # Tokens of a sentence without words are explained, although its translation is its copy.
    masking = Masking(translator.tokenizers, [text], copies=False)
    source_ids = source_ids_of(translator, masking.texts[0], settings.max_length)

    def written(token_ids):
        return _written(translator.target_tokenizer, token_ids)

    target_ids, steps = search_tree(parts, source_ids, settings, written)
    labels = tf.constant([target_ids], tf.int32)
    input_ids = shift_targets(labels)
    matrices, logits = forward_pass(parts, source_ids, input_ids)
    source_row, input_row = source_ids[0].numpy().tolist(), input_ids[0].numpy().tolist()
    ((translation,),) = masking.restored([translator.tokenizers.decode_target(labels)])
    return {
        "text": text,
        "translation": translation,
        "source": {"ids": source_row, "tokens": _written(translator.source_tokenizer, source_row)},
        "target": {"ids": input_row, "tokens": written(input_row)},
        "next": _next_words(logits, target_ids, written),
        "steps": steps,
        "search": {"beam_size": settings.beam_size, "length_penalty": settings.length_penalty},
        "model": {
            **dataclasses.asdict(translator.config),
            "parameters": sum(weight.shape.num_elements() for weight in translator.model.weights),
            "dtype": parts.decoders[0].compute_dtype,
        },
        "hidden": float(hiding_bias(False)),
    }, matrices


def _next_words(logits, target_ids, written):
    """Returns per step the most probable tokens `[token, id, probability]` and the chosen one, also if it is not in."""
    count = min(_NEXT_WORDS, logits.shape[-1])
    values, token_ids = top_k(logits, count)
    normalizers = log_normalizer(logits, values[:, :1], token_ids[:, :1])
    chosen = tf.expand_dims(tf.constant(target_ids, tf.int32), 1)
    values = tf.concat([values, tf.gather(logits, chosen, batch_dims=1)], axis=1)
    token_ids = tf.concat([token_ids, chosen], axis=1)
    probabilities = tf.exp(values - normalizers).numpy().tolist()
    found = []
    for row, ids in zip(probabilities, token_ids.numpy().tolist(), strict=True):
        *best, last = [list(entry) for entry in zip(written(ids), ids, row, strict=True)]
        found.append({"words": best, "chosen": last})
    return found


def _written(tokenizer, token_ids):
    """Returns the written forms of token ids, with names for the special tokens."""
    tokens = tokenizer.tokens(tf.constant(token_ids, tf.int32)).numpy()
    return [_SPECIAL.get(token_id) or token.decode("utf-8") for token_id, token in zip(token_ids, tokens, strict=True)]
