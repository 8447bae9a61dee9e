import keras
import tensorflow as tf

from lstm_comparison.lstm_layer import LSTMLayer, last_state


class LSTMEncoder(keras.layers.Layer):
    """Reads the source in both directions, one layer each.

    Args:
        units: width of the state of a direction.
        dropout: dropout rate of the inputs.

    Call arguments:
        embedded: `(batch, source_length, width)`.
        mask: `(batch, source_length)` booleans, True for a real token.

    Returns:
        `(batch, source_length, 2 * units)`, and the last state of each direction.
    """

    def __init__(self, units, dropout, **kwargs):
        super().__init__(**kwargs)
        self.forward_layer, self.backward_layer = LSTMLayer(units), LSTMLayer(units)
        self.dropout = keras.layers.Dropout(dropout)

    def build(self, embedded_shape, mask_shape=None):
        for layer in (self.forward_layer, self.backward_layer):
            layer.build((None, None, embedded_shape[-1]))

    def call(self, embedded, mask, training=None):
        lengths = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)
        inputs = tf.transpose(self.dropout(embedded, training=training), (1, 0, 2))
        forward = self.forward_layer(inputs)
        backward = self.backward_layer(_reversed(inputs, lengths))
        outputs = tf.concat([forward[1], _reversed(backward[1], lengths)], axis=-1)
        states = [last_state(*direction, lengths) for direction in (forward, backward)]
        return tf.transpose(outputs, (1, 0, 2)), states


def _reversed(sequence, lengths):
    """Reverses the real tokens of each row. Padding keeps its place."""
    return tf.reverse_sequence(sequence, lengths, seq_axis=0, batch_axis=1)
