import functools
from typing import NamedTuple

import tensorflow as tf

from keras_transformer.errors import InputError
from keras_transformer.generation.plain_layers import (
    dense,
    encode,
    feed_forward,
    merge_heads,
    normalize,
    residual,
    split_heads,
)
from keras_transformer.layers.attention import hiding_bias


class EncodedSource(NamedTuple):
    """Keys, values and mask of source sentences, computed once.

    Args:
        keys: per decoder block `(batch, num_heads, source_length, head_dim)`, divided by sqrt(head_dim).
        values: the same shapes.
        bias: `(batch, 1, 1, source_length)` float32, 0 at a token, very negative at padding.
    """

    keys: tuple
    values: tuple
    bias: tf.Tensor


class DecoderCache(NamedTuple):
    """Keys and values of all hypotheses at all steps so far.

    They are never reordered. Instead, `bias` is reordered, which selects the past of each hypothesis. TensorFlow cannot
    append to a tensor without copying it. New steps are therefore collected in a small tensor and moved to the large
    one at the end of a block of steps.

    Args:
        old_keys: per decoder block `(batch, num_heads, old_steps * beam_size, head_dim)`.
        old_values: the same shapes.
        new_keys: per decoder block `(batch, num_heads, new_steps * beam_size, head_dim)`.
        new_values: the same shapes.
        bias: `(batch, 1, beam_size, (old_steps + new_steps) * beam_size)` float32, 0 if a hypothesis descends from the
            slot, very negative otherwise.
    """

    old_keys: tuple
    old_values: tuple
    new_keys: tuple
    new_values: tuple
    bias: tf.Tensor


class CachedDecoder:
    """Runs the decoder of a Transformer one token at a time, with the weights and the structure of its layers.

    One product computes the attention of all hypotheses of a sentence, to the source and to the cache, so nothing is
    copied per hypothesis.

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
        self.dtype = parts.decoders[0].compute_dtype

    def encode(self, source_ids):
        """Runs the encoder.

        Args:
            source_ids: `(batch, source_length)` int32, 0 is padding.

        Returns:
            `EncodedSource`.
        """
        x, length, padding_mask = encode(self.parts, source_ids)
        projected = [dense(decoder.cross_attention.key_value_dense, x) for decoder in self.parts.decoders]
        keys, values = zip(*[split_heads(self._cast(each), length, 2, self.num_heads) for each in projected])
        scale = tf.cast(self.head_dim**-0.5, self.dtype)
        bias = hiding_bias(tf.expand_dims(tf.expand_dims(padding_mask, 1), 1))
        return EncodedSource(tuple(key * scale for key in keys), values, bias)

    def empty_cache(self, batch_size):
        """Returns the `DecoderCache` before the first step.

        It has an old and a new step without descendants, because TFLite's XNNPACK does not support empty tensors.
        """
        slots = (tf.zeros((batch_size, self.num_heads, self.beam_size, self.head_dim), self.dtype),)
        slots = slots * len(self.parts.decoders)
        bias = hiding_bias(tf.zeros((batch_size, 1, self.beam_size, 2 * self.beam_size), tf.bool))
        return DecoderCache(slots, slots, slots, slots, bias)

    def cache_shapes(self):
        """Returns the shapes of a `DecoderCache`, for `tf.while_loop`."""
        heads = (tf.TensorShape((None, self.num_heads, None, self.head_dim)),) * len(self.parts.decoders)
        return DecoderCache(heads, heads, heads, heads, tf.TensorShape((None, 1, self.beam_size, None)))

    def output_weights(self, tokens):
        """Returns the weights of the output layer for `OutputTokens`.

        Returns:
            The kernel `(hidden_dim, num_tokens)`, whose product is faster than that of its transpose, and the bias
            `(batch, num_tokens)`.
        """
        projection, token_ids = self.parts.output_projection, tokens.token_ids
        bias = tokens.bias
        if projection is None:
            table = self.parts.target_embedding.embeddings
        elif projection.quantization_mode is not None or projection.lora_enabled:
            raise InputError("A shortlist needs an output layer that is neither quantised nor has a low-rank update.")
        else:
            table = tf.transpose(projection.kernel)
        for layer in (projection, self.parts.output_bias):
            if layer is not None and layer.bias is not None:
                bias += tf.cast(tf.gather(tf.convert_to_tensor(layer.bias), token_ids), tf.float32)
        dtype = (projection or self.parts.target_embedding).compute_dtype
        return tf.transpose(tf.cast(tf.gather(tf.convert_to_tensor(table), token_ids), dtype)), bias

    def step(self, token_ids, position, encoded, cache, output=None):
        """Decodes one more token of every hypothesis.

        Args:
            token_ids: `(batch, beam_size)` int32, the last token of every hypothesis.
            position: scalar int32, its position.
            encoded: `EncodedSource`.
            cache: `DecoderCache`.
            output: the `output_weights` of a shortlist, a pair. Default None: the whole vocabulary.

        Returns:
            Logits `(batch * beam_size, vocabulary_size)` float32, and the new cache. With `output`, the logits are
            `(batch * beam_size, num_tokens)`.
        """
        bias = self._append(cache.bias, self._own_slot(tf.shape(token_ids)[0]), position, axis=3)
        embedding = self.parts.target_embedding
        x = embedding.embed(tf.reshape(token_ids, (-1,)), tf.gather(embedding.positions, position))
        new_keys, new_values = [], []
        # The same in all blocks.
        slots = cache.old_keys and [tf.shape(cache.old_keys[0])[2], tf.shape(cache.new_keys[0])[2] + self.beam_size]
        for number, decoder in enumerate(self.parts.decoders):

            def attend_to_self(inputs, layer=decoder.self_attention, number=number):
                query, key, value = self._split_heads(dense(layer.query_key_value_dense, inputs), 3)
                new_keys.append(self._append(cache.new_keys[number], key, position))
                new_values.append(self._append(cache.new_values[number], value, position))
                query = query * tf.cast(self.head_dim**-0.5, query.dtype)
                keys = [*cache.old_keys[number : number + 1], new_keys[number]]
                values = [*cache.old_values[number : number + 1], new_values[number]]
                return dense(layer.output_dense, self._attend(query, keys, values, bias, slots))

            def attend_to_encoder(inputs, layer=decoder.cross_attention, number=number):
                (query,) = self._split_heads(dense(layer.query_dense, inputs), 1)
                mixed = self._attend(query, [encoded.keys[number]], [encoded.values[number]], encoded.bias)
                return dense(layer.output_dense, mixed)

            x = tf.cast(x, decoder.compute_dtype)
            x = residual(decoder, x, attend_to_self, decoder.self_attention_norm)
            x = residual(decoder, x, attend_to_encoder, decoder.cross_attention_norm)
            x = residual(decoder, x, functools.partial(feed_forward, decoder.feed_forward), decoder.feed_forward_norm)
        cache = cache._replace(new_keys=tuple(new_keys), new_values=tuple(new_values), bias=bias)
        return self._logits(x, output), cache

    def reorder(self, cache, parents):
        """Returns the cache after every hypothesis was replaced by a continuation of `parents` `(batch, beam_size)`."""
        if self.beam_size == 1:
            return cache
        return cache._replace(bias=tf.expand_dims(tf.gather(tf.squeeze(cache.bias, 1), parents, batch_dims=1), 1))

    def end_block(self, cache, sentences):
        """Returns the cache of some sentences, with all new steps except the last moved to the old ones."""
        num_new = tf.shape(cache.new_keys[0])[2] - self.beam_size

        def move(old, new):
            old = [tf.concat([first, second[:, :, :num_new]], axis=2) for first, second in zip(old, new)]
            new = [part[:, :, num_new:] for part in new]
            return [tuple(tf.gather(part, sentences) for part in parts) for parts in (old, new)]

        old_keys, new_keys = move(cache.old_keys, cache.new_keys)
        old_values, new_values = move(cache.old_values, cache.new_values)
        return DecoderCache(old_keys, old_values, new_keys, new_values, tf.gather(cache.bias, sentences))

    def _append(self, cached, new, position, axis=2):
        """Returns the keys, the values or the bias of a cache, with those of one more step."""
        return tf.concat([cached, new], axis=axis)

    def _own_slot(self, batch_size):
        """Returns the bias that lets every hypothesis attend only to its own slot of the new step."""
        bias = hiding_bias(tf.eye(self.beam_size, dtype=tf.bool))
        return tf.broadcast_to(bias, (batch_size, 1, self.beam_size, self.beam_size))

    def _split_heads(self, projected, parts):
        """`(batch * beam_size, parts * hidden_dim)` to `parts` times `(batch, num_heads, beam_size, head_dim)`."""
        return split_heads(self._cast(projected), self.beam_size, parts, self.num_heads)

    def _cast(self, tensor):
        """Casts to the dtype of the caches, because layers of the model can have different dtype policies."""
        return tf.cast(tensor, self.dtype)

    def _attend(self, query, keys, values, bias, slots=None):
        """Computes attention to keys and values in several tensors with `slots` slots each, and merges the heads.

        Returns:
            `(batch * beam_size, hidden_dim)`.
        """
        products = [tf.matmul(query, key, transpose_b=True) for key in keys]
        products = products[0] if len(products) == 1 else tf.concat(products, axis=3)
        scores = tf.cast(tf.nn.softmax(tf.cast(products, tf.float32) + bias), self.dtype)
        if len(values) > 1:
            scores = tf.split(scores, slots, axis=3)
            mixed = tf.add_n([tf.matmul(*pair) for pair in zip(scores, values)])
        else:
            mixed = tf.matmul(scores, values[0])
        return merge_heads(mixed)

    def _logits(self, x, output):
        if self.parts.decoder_norm is not None:
            x = normalize(self.parts.decoder_norm, x)
        if output is not None:
            kernel, bias = output
            logits = tf.cast(tf.matmul(tf.cast(x, kernel.dtype), kernel), tf.float32)
            if self.beam_size == 1:
                return logits + bias
            num_tokens = tf.shape(bias)[1]
            logits = tf.reshape(logits, (-1, self.beam_size, num_tokens)) + tf.expand_dims(bias, 1)
            return tf.reshape(logits, (-1, num_tokens))
        if self.parts.output_projection is not None:
            logits = dense(self.parts.output_projection, x)
        else:
            dtype = self.parts.target_embedding.compute_dtype
            table = tf.cast(self.parts.target_embedding.embeddings, dtype)
            logits = tf.matmul(tf.cast(x, dtype), table, transpose_b=True)
        logits = tf.cast(logits, tf.float32)
        return logits if self.parts.output_bias is None else self.parts.output_bias(logits)
