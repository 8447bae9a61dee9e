import keras
import tensorflow as tf

# Uniform initialisation and forget bias of the TensorFlow NMT tutorial.
INITIAL_RANGE = 0.1
FORGET_BIAS = 1.0


class LSTMLayer(keras.layers.Layer):
    """One LSTM layer by TensorFlow's fused kernel, which computes all steps of a sequence in one operation.

    The sequence axis is first. The kernel has no mask: outputs at padding have to be ignored.

    Args:
        units: width of the state.

    Call arguments:
        inputs: `(length, batch, width)`.
        state: `(cells, outputs)` before the first step, each `(batch, units)`, or None for zeros.

    Returns:
        The cells and the outputs of all steps, each `(length, batch, units)`.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1] + self.units, 4 * self.units),
            initializer=keras.initializers.RandomUniform(-INITIAL_RANGE, INITIAL_RANGE),
        )
        self.bias = self.add_weight(name="bias", shape=(4 * self.units,), initializer="zeros")

    def call(self, inputs, state=None):
        cells, outputs = state or (tf.zeros((tf.shape(inputs)[1], self.units)),) * 2
        unused = tf.zeros((self.units,))  # Weights of peephole connections.
        results = tf.raw_ops.BlockLSTM(
            seq_len_max=tf.shape(inputs, tf.int64)[0],
            x=inputs,
            cs_prev=cells,
            h_prev=outputs,
            w=tf.convert_to_tensor(self.kernel),
            wci=unused,
            wcf=unused,
            wco=unused,
            b=tf.convert_to_tensor(self.bias),
            forget_bias=FORGET_BIAS,
            cell_clip=-1.0,
        )
        return results.cs, results.h


def last_state(cells, outputs, lengths):
    """Returns the state after the last real token of each row: two tensors `(batch, units)`."""
    positions = tf.stack([tf.maximum(lengths, 1) - 1, tf.range(tf.shape(lengths)[0])], axis=1)
    return tf.gather_nd(cells, positions), tf.gather_nd(outputs, positions)
