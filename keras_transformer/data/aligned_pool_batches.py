import dataclasses

import tensorflow as tf

from keras_transformer.data.pool_batches import PoolBatches, joined_rows, kept_splits, order_of_rows
from keras_transformer.errors import InputError
from keras_transformer.text.token_rows import with_end
from keras_transformer.text.token_words import token_words


@dataclasses.dataclass(frozen=True)
class AlignedPoolBatches(PoolBatches):
    """Makes the batches of a pool whose pairs have word alignments. It needs this Python process.

    The rows and their order are those of `PoolBatches`. The inputs of a batch also have `alignments`.

    Raises:
        InputError: a number is out of range, or an argument changes the words of the text.
    """

    def __post_init__(self):
        super().__post_init__()
        for name in ("reversal", "preparation"):
            if getattr(self, name):
                raise InputError(f"`{name}` excludes pairs with alignments, because it changes the words of the text.")

    def rows(self, sources, targets, alignments, seed):
        """Returns the rows of texts, longest first.

        Args:
            sources, targets, alignments: `(pairs,)` strings.
            seed: scalar int64.

        Returns:
            Ragged token ids of the sources and of the targets, with the end token; the ragged words of their tokens,
            without the end token; the ragged words of each link, of the source and of the target. All int32.
        """
        sides = self._tokens(sources, targets, seed)
        tokenizers = (self.source_tokenizer, self.target_tokenizer)
        words = [token_words(*side) for side in zip(tokenizers, (sources, targets), sides, strict=True)]
        links = _links(alignments)
        if self.concatenation:
            is_kept = kept_splits(*sides, self.concatenation, self.max_length, seed)
            joined = [_joined_words(*each, is_kept) for each in zip(words, links, strict=True)]
            words, links = zip(*joined, strict=True)
            sides = [joined_rows(side, is_kept) for side in sides]
        order = order_of_rows(*sides, self.max_length)
        gathered = [tf.gather(rows, order) for rows in (*sides, *words, *links)]
        return (*map(with_end, gathered[:2]), *gathered[2:])

    def batches(self, sources, targets, source_words, target_words, source_links, target_links, seed):
        """Returns the `tf.data.Dataset` of batches of the rows of `rows`."""

        def batch(start, end):
            inputs, labels = self._batch(sources[start:end], targets[start:end], start, seed)
            source = _places(source_words[start:end], source_links[start:end], inputs["source_ids"])
            target = _places(target_words[start:end], target_links[start:end], labels)
            return {**inputs, "alignments": _matrix(source, target)}, labels

        return self._bounds(sources, targets, seed).map(batch)


def _links(alignments):
    """Returns the ragged words of the links of each text, of the source and of the target."""
    texts = tf.strings.split(alignments)
    positions = tf.strings.to_number(tf.strings.split(texts.values, "-").flat_values, tf.int32)
    positions = tf.reshape(positions, (-1, 2))
    return [texts.with_values(positions[:, side]) for side in range(2)]


def _joined_words(words, links, is_kept):
    """Joins the words of the tokens and of the links of rows, counted on in a joined row."""
    # Without words or links, the maximum is the lowest integer.
    counts = tf.maximum(tf.maximum(*(tf.reduce_max(each, axis=1) for each in (words, links))) + 1, 0)
    is_second = tf.logical_not(is_kept[:-1])
    offsets = tf.where(is_second, tf.concat([[0], counts[:-1]], axis=0), 0)
    found = []
    for each in (words, links):
        shifted = tf.where(each.values < 0, each.values, each.values + tf.gather(offsets, each.value_rowids()))
        found.append(joined_rows(each.with_values(shifted), is_kept))
    return found


def _places(words, links, token_ids):
    """Returns the word of each token and of each link of a batch, and the number of words, all dense.

    The tokens without a word, such as the end token, and the padding have the number of words as their word.
    """
    size = tf.reduce_max(tf.concat([[-1], words.flat_values, links.flat_values], axis=0)) + 1
    dense = words.to_tensor(-1)
    length = tf.shape(token_ids)
    dense = tf.pad(
        dense, [[0, length[0] - tf.shape(dense)[0]], [0, length[1] - tf.shape(dense)[1]]], constant_values=-1
    )
    return tf.where(dense < 0, size, dense), links, size


def _matrix(source, target):
    """Returns 1 for each target token and source token whose words are linked, else 0.

    Returns:
        `(rows, target_length, source_length)` int8.
    """
    (source_words, source_links, num_source), (target_words, target_links, num_target) = source, target
    rows = tf.cast(source_links.value_rowids(), tf.int32)
    places = tf.stack([rows, target_links.flat_values, source_links.flat_values], axis=1)
    shape = tf.stack([tf.shape(source_words)[0], num_target + 1, num_source + 1])
    counts = tf.scatter_nd(places, tf.ones_like(rows), shape)
    linked = tf.cast(counts > 0, tf.int8)
    linked = tf.gather(linked, target_words, axis=1, batch_dims=1)
    return tf.gather(linked, source_words, axis=2, batch_dims=1)
