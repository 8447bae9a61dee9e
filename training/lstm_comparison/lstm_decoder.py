import keras
import tensorflow as tf

from lstm_comparison.lstm_layer import INITIAL_RANGE, LSTMLayer

LOWEST = -1e9


class LSTMDecoder(keras.layers.Layer):
    """Two LSTM layers, with or without attention to the encoder's outputs.

    With attention, each step has three parts: the two layers read the token and the attention vector of the step before
    (input feeding); the second layer's output attends to the source (scaled multiplicative attention); a dense layer
    with tanh makes the attention vector, from which the token is predicted. Without attention, the last states of the
    encoder are the only connection to the source.

    Args:
        units: width of the state and of the attention vector.
        attention: whether the decoder attends to the source.
        dropout: dropout rate of the inputs of both layers.

    Call arguments:
        embedded: `(batch, target_length, units)`.
        memory: `(batch, source_length, 2 * units)`, the encoder's outputs.
        mask: `(batch, source_length)` booleans, True for a real token.
        states: the states of both layers before the first step.

    Returns:
        `(batch, target_length, units)`, from which the tokens are predicted.

    Reference:
        Luong, Pham and Manning 2015 (arXiv 1508.04025), sections 3.1 and 3.3; Luong, Brevdo and Zhao 2017, "Neural
        Machine Translation (seq2seq) Tutorial".
    """

    def __init__(self, units, attention, dropout, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.attention = attention
        self.layers = [LSTMLayer(units), LSTMLayer(units)]
        self.dropout = keras.layers.Dropout(dropout)
        uniform = keras.initializers.RandomUniform(-INITIAL_RANGE, INITIAL_RANGE)
        self.memory_dense = keras.layers.Dense(units, use_bias=False, kernel_initializer=uniform)
        self.vector_dense = keras.layers.Dense(units, activation="tanh", use_bias=False, kernel_initializer=uniform)

    def build(self, embedded_shape, memory_shape=None, mask_shape=None, states_shape=None):
        width = embedded_shape[-1] + (self.units if self.attention else 0)
        for layer, input_width in zip(self.layers, (width, self.units)):
            layer.build((None, None, input_width))
        if self.attention:
            self.memory_dense.build((None, None, 2 * self.units))
            self.vector_dense.build((None, 3 * self.units))
            self.scale = self.add_weight(name="scale", shape=(), initializer="ones")

    def call(self, embedded, memory, mask, states, training=None):
        inputs = tf.transpose(self.dropout(embedded, training=training), (1, 0, 2))
        # Dropout of the fed attention vector and of the second layer's input, drawn outside of the loop.
        ones = tf.ones((*tf.unstack(tf.shape(inputs)[:2]), 2 * self.units))
        noise = self.dropout(ones, training=training)
        if not self.attention:
            _, lower = self.layers[0](inputs, states[0])
            _, outputs = self.layers[1](lower * noise[..., self.units :], states[1])
        else:
            outputs = self._attend_in_a_loop(inputs, noise, self.keys(memory), memory, mask, states)
        return tf.transpose(outputs, (1, 0, 2))

    def keys(self, memory):
        """Returns the memory as the attention compares it with the state, `(batch, source_length, units)`."""
        return self.memory_dense(memory) * self.scale if self.attention else memory

    def _attend_in_a_loop(self, inputs, noise, keys, memory, mask, states):
        length = tf.shape(inputs)[0]
        rows = tf.shape(inputs)[1]
        vectors = tf.TensorArray(tf.float32, size=length, element_shape=(None, self.units))

        def body(position, fed, states, vectors):
            fed, states = self.step(inputs[position], fed, keys, memory, mask, states, noise[position])
            return position + 1, fed, states, vectors.write(position, fed)

        first = (tf.constant(0), tf.zeros((rows, self.units)), [list(state) for state in states], vectors)
        *_, vectors = tf.while_loop(lambda position, *_: position < length, body, first)
        return vectors.stack()

    def step(self, inputs, fed, keys, memory, mask, states, noise=None):
        """Computes one step.

        Returns:
            The vector from which the token is predicted, `(batch, units)`, and the states after the step.
        """
        if self.attention:
            inputs = tf.concat([inputs, fed if noise is None else fed * noise[:, : self.units]], axis=-1)
        after = []
        for layer, state in zip(self.layers, states):
            cells, outputs = layer(tf.expand_dims(inputs, 0), tuple(state))
            after.append([cells[0], outputs[0]])
            inputs = outputs[0] if noise is None else outputs[0] * noise[:, self.units :]
        output = after[-1][1]
        if self.attention:
            scores = tf.linalg.matvec(keys, output)
            weights = tf.nn.softmax(tf.where(mask, scores, LOWEST))
            context = tf.linalg.matvec(memory, weights, transpose_a=True)
            output = self.vector_dense(tf.concat([context, output], axis=-1))
        return output, after
