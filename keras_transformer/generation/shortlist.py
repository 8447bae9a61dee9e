import functools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import tensorflow as tf

from keras_transformer.generation.top_tokens import BLOCK_SIZE
from keras_transformer.layers.attention import hiding_bias
from keras_transformer.special_tokens import NUM_SPECIAL_TOKENS

if TYPE_CHECKING:
    import numpy.typing as npt


class OutputTokens(NamedTuple):
    """The tokens that the translations of a batch can have.

    Args:
        token_ids: `(num_tokens,)` int32, the tokens of all sentences, ascending, then padded with 0. The special tokens
            are the first ones, so their places are their ids.
        bias: `(batch, num_tokens)` float32, 0 at a token of the sentence, very negative elsewhere.
    """

    token_ids: tf.Tensor
    bias: tf.Tensor


class Shortlist:
    """The target tokens that are probable in the translation of each source token.

    With a shortlist, the output layer computes the logits of these tokens alone. This is faster with a large
    vocabulary. One product computes those of a batch. The tokens of other sentences are masked, so a translation does
    not depend on the batch.

    Args:
        candidates: `(source_vocabulary_size, num_candidates)` int32, the target tokens of each source token, padded
            with 0.
        frequent: `(num_frequent,)` int32, target tokens that every translation can have.
        vocabulary_size: size of the target vocabulary.

    Raises:
        ValueError: an array has another shape or another type, or a token is not in the vocabulary.

    Example:

    >>> everything = kt.generation.Shortlist(np.zeros((100, 1), "int32"), np.arange(100, dtype="int32"), 100)
    >>> everything.size
    100

    Reference:
        Jean et al. 2015 (arXiv 1412.2007), section 3.2.
    """

    def __init__(self, candidates: "npt.NDArray[np.int32]", frequent: "npt.NDArray[np.int32]", vocabulary_size: int):
        for name, tokens, rank in (("candidates", candidates, 2), ("frequent", frequent, 1)):
            if tokens.ndim != rank or tokens.dtype != np.int32:
                raise ValueError(
                    f"`{name}` must be an int32 array of rank {rank}. Received: {tokens.dtype} of shape {tokens.shape}."
                )
            if tokens.size and not 0 <= tokens.min() <= tokens.max() < vocabulary_size:
                raise ValueError(
                    f"`{name}` must have ids from 0 to {vocabulary_size - 1}. "
                    f"Received: {tokens.min()} to {tokens.max()}."
                )
        self.candidates = candidates
        self.frequent = frequent
        self.vocabulary_size = vocabulary_size

    @property
    def size(self) -> int:
        """Number of tokens that every translation can have, including the special tokens."""
        return len(self._always)

    @property
    def _always(self):
        return np.union1d(np.arange(NUM_SPECIAL_TOKENS, dtype="int32"), self.frequent)

    @functools.cached_property
    def table(self) -> tf.Variable:
        """The `candidates` as a variable, so that several graphs and signatures share them."""
        with tf.init_scope():
            return tf.Variable(self.candidates, trainable=False, name="shortlist")

    def tokens_of(self, source_ids: tf.Tensor, prefix_ids: tf.Tensor | None = None, least: int = 1) -> OutputTokens:
        """Returns the `OutputTokens` of sentences.

        The number of tokens is a multiple of `BLOCK_SIZE`, for `top_k`.

        Args:
            source_ids: `(batch, source_length)` int32, 0 is padding.
            prefix_ids: `(batch, prefix_length)` int32, tokens that are added. Default None.
            least: minimum number of blocks. Default 1.
        """
        batch_size = tf.shape(source_ids)[0]
        found = tf.reshape(tf.gather(self.table, source_ids), (batch_size, -1))
        found = found if prefix_ids is None else tf.concat([found, prefix_ids], axis=1)
        rows = tf.broadcast_to(tf.expand_dims(tf.range(batch_size), 1), tf.shape(found))
        places = tf.reshape(tf.stack([rows, found], axis=2), (-1, 2))
        counts = tf.scatter_nd(places, tf.ones_like(places[:, 0]), (batch_size, self.vocabulary_size))
        always = np.isin(np.arange(self.vocabulary_size), self._always)
        is_possible = tf.logical_or(tf.greater(counts, 0), always)
        token_ids = tf.cast(tf.reshape(tf.where(tf.reduce_any(is_possible, axis=0)), (-1,)), tf.int32)
        missing = tf.maximum(least * BLOCK_SIZE - tf.size(token_ids), -tf.size(token_ids) % BLOCK_SIZE)
        is_possible = tf.pad(tf.gather(is_possible, token_ids, axis=1), [[0, 0], [0, missing]])
        return OutputTokens(tf.pad(token_ids, [[0, missing]]), hiding_bias(is_possible))
