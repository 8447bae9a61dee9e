import numpy as np
import tensorflow as tf
from keras import ops

from keras_transformer.data.pool_batches import shift_targets
from keras_transformer.errors import InputError
from keras_transformer.generation.cross_attention import cross_attention
from keras_transformer.models import StructureWatch
from keras_transformer.models.ensemble import config_of, members_of
from keras_transformer.text.masked_words import equal_symbols, masked_words, restored_links
from keras_transformer.text.text_batches import batches_by_length, checked_pairs, lengths_with_end
from keras_transformer.text.token_rows import label_ids, padded_ids, token_rows


class PairAligner:
    """Aligns the words of texts and of their translations. `Translator.align` describes arguments and results.

    The attention of a target token is that of the decoder's step that predicts it, averaged over one or more heads.
    The attention between two words is the sum over the tokens of the source's word, and over those of the target's
    word.

    Args:
        model: a Keras model of `build_transformer`, or an `Ensemble`, whose models have equal weight.
        tokenizers: the `Tokenizers` of both languages.
        heads: for each model `(decoder block, head)`, from 1, of each head that is read, or None for all heads of the
            first half of the blocks. Default: None for each.

    Raises:
        InputError: the model does not have one of the heads.
    """

    def __init__(self, model, tokenizers, heads=None):
        self._tokenizers = tokenizers
        self._members = members_of(model)
        self._max_length = config_of(model).max_length
        self._structure = StructureWatch(model)
        self._model = model
        self._traced = {}
        self._heads = heads or [None] * len(self._members)
        for parts, heads_of_model in zip(self._members, self._heads, strict=True):
            for layer, head in heads_of_model or ():
                _check_head(parts.config, layer, head)

    def align(self, pairs, layer, batch_size, progress=None, head=None):
        """Returns the links of each pair, a list of lists of pairs of integers."""
        source_texts, target_texts = checked_pairs(pairs)
        if layer is None and head is not None:
            raise InputError(f"`head` needs `layer`, the decoder block of the head. Received: head={head}.")
        heads = tuple(
            _heads_of(parts.config, layer, head, default)
            for parts, default in zip(self._members, self._heads, strict=True)
        )
        source_texts, target_texts, restore = self._masked(source_texts, target_texts)
        sources = token_rows(self._tokenizers.source, source_texts)
        targets = label_ids(self._tokenizers.target, token_rows(self._tokenizers.target, target_texts))
        attention = self._attention(heads)
        source_lengths, target_lengths = (rows.row_lengths().numpy() for rows in (sources, targets))
        links = [[] for _ in source_texts]
        lengths = lengths_with_end(sources, self._max_length) + lengths_with_end(targets, self._max_length)
        for indices in batches_by_length(lengths, batch_size):
            rows = (tf.gather(rows, indices) for rows in (sources, targets))
            found = attention(*(padded_ids(each, self._max_length, empty_has_end=True) for each in rows)).numpy()
            for index, weights in zip(indices, found, strict=True):
                source_words = self._words(self._tokenizers.source, source_texts[index], source_lengths[index])
                target_words = self._words(self._tokenizers.target, target_texts[index], target_lengths[index])
                equal = equal_symbols(source_texts[index], target_texts[index])
                links[index] = restore(_links(weights, source_words, target_words, equal), index)
            if progress is not None:
                progress(len(indices))
        return links

    def _masked(self, source_texts, target_texts):
        """Returns the texts with placeholders, and a function that restores the words of the links of a pair."""
        placeholders = self._tokenizers.placeholders
        if placeholders is None or not source_texts:
            return source_texts, target_texts, lambda links, index: links
        texts = (source_texts, target_texts)
        masked = [
            [text.decode("utf-8", errors="replace") for text in side.numpy()]
            for side in placeholders.mask_pairs(*texts)
        ]
        words = [masked_words(placeholders, *side) for side in zip(texts, masked, strict=True)]
        return *masked, lambda links, index: restored_links(links, *(side[index] for side in words))

    def _words(self, tokenizer, text, length):
        """Returns the position of each token's word. Tokens before the text's own, such as a tag, have no word."""
        positions = tokenizer.word_positions(text) if length else []
        return ([-1] * (length - len(positions)) + positions)[: self._max_length - 1]

    def _attention(self, heads):
        """Returns a graph for the mean attention of some heads of each model."""
        if self._structure.has_changed():  # It needs new graphs.
            self._members, self._traced = members_of(self._model), {}
        if heads not in self._traced:
            signature = [tf.TensorSpec((None, None), tf.int32)] * 2

            def attention(source_ids, labels):
                target_ids = shift_targets(labels)
                means = []
                for parts, heads_of_model in zip(self._members, heads, strict=True):
                    scores = cross_attention(parts, source_ids, target_ids)
                    chosen = [scores[layer - 1, :, head - 1] for layer, head in heads_of_model]
                    means.append(ops.mean(ops.stack(chosen), axis=0))
                return ops.mean(ops.stack(means), axis=0)

            self._traced[heads] = tf.function(attention, input_signature=signature)
        return self._traced[heads]


def _heads_of(config, layer, head, default):
    """Returns the heads of a model that are read, pairs of a decoder block and a head."""
    _check_head(config, layer, head)
    if head is not None:
        return ((layer, head),)
    if layer is None and default:
        return tuple(default)
    layers = range(1, (config.num_decoder_layers + 1) // 2 + 1) if layer is None else (layer,)
    return tuple((number, head) for number in layers for head in range(1, config.num_heads + 1))


def _check_head(config, layer, head):
    for name, value, most, things in (
        ("layer", layer, config.num_decoder_layers, "decoder blocks"),
        ("head", head, config.num_heads, "heads of a block"),
    ):
        if value is not None and not 1 <= value <= most:
            raise InputError(f"`{name}` must be from 1 to {most}, the {things}. Received: {name}={value}.")


def _links(weights, source_words, target_words, equal):
    """Links each target word to its `equal_symbols`, or to the source word with most attention, in sorted order."""
    if max(source_words, default=-1) < 0 or max(target_words, default=-1) < 0:
        return []
    weights = weights[: len(target_words), : len(source_words)]
    by_source = _summed(weights, source_words)
    by_both = _summed(by_source.T, target_words).T
    best = by_both.argmax(axis=1)
    linked = [target for target in sorted(set(target_words)) if target >= 0]
    return sorted((equal.get(target, int(best[target])), target) for target in linked)


def _summed(weights, words):
    """Sums the columns of each word. Columns without a word are dropped."""
    words = np.array(words)
    summed = np.zeros((weights.shape[0], words.max() + 1), weights.dtype)
    np.add.at(summed.T, words[words >= 0], weights[:, words >= 0].T)
    return summed
