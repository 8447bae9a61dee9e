from typing import NamedTuple

import tensorflow as tf

from keras_transformer.layers.attention import hiding_bias
from keras_transformer.special_tokens import PADDING_ID


class EncodedSource(NamedTuple):
    """What decoding needs of a batch of source sentences; computed once.

    Args:
        keys: per decoder block `(batch, num_heads, source_length, head_dim)`, divided by sqrt(head_dim).
        values: the same shapes.
        bias: `(batch, 1, 1, source_length)` float32, 0 at a token, very negative at padding.
    """

    keys: tuple
    values: tuple
    bias: tf.Tensor


class DecoderCache(NamedTuple):
    """Keys and values of every hypothesis at every step so far, never moved once they are written.

    A row holds the hypotheses of one sentence, in one head, at one step, so that a step writes whole rows.

    Args:
        keys: per decoder block `(batch * num_heads * steps, beam_size * head_dim)`.
        values: the same shapes.
        bias: `(batch, beam_size, steps * beam_size)` float32: 0 where a hypothesis descends from the slot, very
            negative elsewhere. Hypotheses are reordered here alone.
    """

    keys: tuple
    values: tuple
    bias: tf.Tensor


class CachedDecoder:
    """The decoder of a Transformer one token at a time, with the layers' own weights and wiring.

    Args:
        parts: the `TransformerParts` of the model.
        beam_size: number of hypotheses per sentence.
    """

    def __init__(self, parts, beam_size):
        self.parts = parts
        self.beam_size = beam_size
        self.num_heads = parts.decoders[0].num_heads
        self.hidden_dim = parts.target_embedding.hidden_dim
        self.head_dim = self.hidden_dim // self.num_heads

    def encode(self, source_ids):
        """Runs the encoder.

        Args:
            source_ids: `(batch, source_length)` int32, 0 is padding.

        Returns:
            `EncodedSource`.
        """
        padding_mask = tf.not_equal(source_ids, PADDING_ID)
        x = self.parts.source_embedding(source_ids, training=False)
        for encoder in self.parts.encoders:
            x = encoder(x, padding_mask=padding_mask, training=False)
        if self.parts.encoder_norm is not None:
            x = self.parts.encoder_norm(x)
        keys, values = zip(*[decoder.cross_attention.project_value(x) for decoder in self.parts.decoders])
        scale = tf.cast(self.head_dim**-0.5, keys[0].dtype)
        bias = hiding_bias(tf.expand_dims(tf.expand_dims(padding_mask, 1), 1))
        return EncodedSource(tuple(key * scale for key in keys), values, bias)

    def empty_cache(self, batch_size, steps):
        """A `DecoderCache` with room for `steps` steps."""
        rows = tf.zeros((batch_size * self.num_heads * steps, self.beam_size * self.head_dim), self._dtype)
        rows = (rows,) * len(self.parts.decoders)
        hidden = hiding_bias(tf.zeros((batch_size, self.beam_size, steps * self.beam_size), tf.bool))
        return DecoderCache(rows, rows, hidden)

    @property
    def _dtype(self):
        return self.parts.decoders[0].compute_dtype

    def step(self, token_ids, position, encoded, cache):
        """Decodes one more token of every hypothesis.

        Args:
            token_ids: `(batch, beam_size)` int32, the newest token of every hypothesis.
            position: scalar int32, its position.
            encoded: `EncodedSource`.
            cache: `DecoderCache`.

        Returns:
            Logits `(batch * beam_size, vocabulary_size)` float32, and the new cache.
        """
        bias = self._reveal(position, cache.bias)
        rows = self._rows(position, cache)
        embedding = self.parts.target_embedding
        x = embedding.embed(tf.reshape(token_ids, (-1,)), tf.gather(embedding.positions, position))
        all_keys, all_values = [], []
        for number, decoder in enumerate(self.parts.decoders):
            written = []

            def attend_to_self(inputs, layer=decoder.self_attention, number=number, written=written):
                query, key, value = self._split_heads(layer.query_key_value_dense(inputs), 3)
                written.append(self._write(cache.keys[number], rows, key))
                written.append(self._write(cache.values[number], rows, value))
                query = query * tf.cast(self.head_dim**-0.5, query.dtype)
                keys, values = [self._read(part, query) for part in written]
                mixed = self._attend(query, keys, values, tf.expand_dims(bias, 1))
                return layer.output_dense(mixed), None

            def attend_to_encoder(inputs, layer=decoder.cross_attention, number=number):
                (query,) = self._split_heads(layer.query_dense(inputs), 1)
                mixed = self._attend(query, encoded.keys[number], encoded.values[number], encoded.bias)
                return layer.output_dense(mixed), None

            x, _, _ = decoder.connect(x, attend_to_self, attend_to_encoder, training=False)
            all_keys.append(written[0])
            all_values.append(written[1])
        return self._logits(x), DecoderCache(tuple(all_keys), tuple(all_values), bias)

    def reorder(self, cache, parents):
        """The cache after every hypothesis was replaced by a continuation of `parents` `(batch, beam_size)`."""
        if self.beam_size == 1:
            return cache
        return cache._replace(bias=tf.gather(cache.bias, parents, batch_dims=1))

    def _reveal(self, position, bias):
        """Shows every hypothesis its own slot of this step."""
        slots = tf.expand_dims(position * self.beam_size + tf.range(self.beam_size), 1)
        is_own = tf.equal(tf.range(tf.shape(bias)[2]), slots)
        return tf.where(is_own, 0.0, bias)

    def _rows(self, position, cache):
        """Indices of the cache's rows for this step, `(batch * num_heads, 1)`."""
        shape = tf.shape(cache.bias)
        steps = shape[2] // self.beam_size
        return tf.expand_dims(tf.range(shape[0] * self.num_heads) * steps + position, 1)

    def _write(self, rows, indices, new):
        """Writes `(batch, num_heads, beam_size, head_dim)` at the rows of this step."""
        updates = tf.reshape(new, (-1, self.beam_size * self.head_dim))
        return tf.tensor_scatter_nd_update(rows, indices, updates)

    def _read(self, rows, query):
        """The cache's rows as `(batch, num_heads, steps * beam_size, head_dim)`."""
        steps = tf.shape(rows)[0] // (tf.shape(query)[0] * self.num_heads)
        return tf.reshape(rows, (-1, self.num_heads, steps * self.beam_size, self.head_dim))

    def _split_heads(self, projected, parts):
        """`(batch * beam_size, parts * hidden_dim)` to `parts` times `(batch, num_heads, beam_size, head_dim)`."""
        split = tf.reshape(projected, (-1, self.beam_size, parts, self.num_heads, self.head_dim))
        return tf.unstack(tf.transpose(split, (2, 0, 3, 1, 4)))

    def _attend(self, query, keys, values, bias):
        """Attention, the heads merged: `(batch * beam_size, hidden_dim)`."""
        products = tf.cast(tf.matmul(query, keys, transpose_b=True), tf.float32) + bias
        mixed = tf.matmul(tf.cast(tf.nn.softmax(products), values.dtype), values)
        return tf.reshape(tf.transpose(mixed, (0, 2, 1, 3)), (-1, self.hidden_dim))

    def _logits(self, x):
        if self.parts.decoder_norm is not None:
            x = self.parts.decoder_norm(x)
        if self.parts.output_projection is not None:
            logits = self.parts.output_projection(x)
        else:
            table = tf.cast(self.parts.target_embedding.embeddings, x.dtype)
            logits = tf.matmul(x, table, transpose_b=True)
        return tf.cast(logits, tf.float32)
