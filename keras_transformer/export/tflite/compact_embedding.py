import numpy as np
import tensorflow as tf

from keras_transformer.layers import PositionalEmbedding

_LARGEST_INT8 = 127


class CompactEmbedding(PositionalEmbedding):
    """An embedding with a table of half floats, or of bytes with one scale per token.

    TFLite's converter would store two tables: one for the lookup, with a single scale and decoded completely before its
    use, and one for the logits, with one scale per token. This layer uses the same bytes for both and decodes only the
    rows of the lookup.

    Args:
        embedding: the built `PositionalEmbedding`.
        quantize: "float16" or "int8".
    """

    def __init__(self, embedding, quantize):
        super().__init__(
            embedding.vocabulary_size,
            embedding.hidden_dim,
            embedding.max_length,
            first_position=embedding.first_position,
            position_frequencies=embedding.position_frequencies,
            dtype="float32",
        )
        table = np.array(embedding.embeddings, "float32")
        scales = None
        if quantize == "float16":
            halves = table.astype("float16")
            stored = halves.view("int16")  # TFLite's lookup supports integers, but not half floats.
            table = halves.astype("float32")
        else:
            scales = np.maximum(np.abs(table).max(axis=1, keepdims=True), np.finfo("float32").tiny) / _LARGEST_INT8
            stored = np.round(table / scales).astype("int8")
            table = stored * scales
        self.stored = tf.Variable(stored, trainable=False)
        self.scales = None if scales is None else tf.Variable(scales, trainable=False)
        # For the logits. The converter stores the same bytes, because every row is a multiple of its scale.
        self.embeddings = tf.Variable(table, trainable=False)

    def build(self, input_shape):
        pass  # The table exists already.

    def look_up(self, token_ids, training=False):
        rows = tf.gather(self.stored, token_ids)
        if self.scales is None:
            return tf.cast(tf.bitcast(rows, tf.float16), tf.float32)
        return tf.cast(rows, tf.float32) * tf.gather(self.scales, token_ids)
