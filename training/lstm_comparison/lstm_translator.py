import keras
import tensorflow as tf

from keras_transformer.special_tokens import END_ID, PADDING_ID, START_ID
from lstm_comparison.lstm_decoder import LSTMDecoder
from lstm_comparison.lstm_encoder import LSTMEncoder
from lstm_comparison.lstm_layer import INITIAL_RANGE


class SharedEmbedding(keras.layers.Embedding):
    """One table for source, target and output projection, as in the Transformer."""

    def call(self, inputs, reverse=False):
        if reverse:
            return tf.matmul(inputs, tf.convert_to_tensor(self.embeddings), transpose_b=True)
        # The gradient of a gather is sparse, and Adam would treat each occurrence of a token separately.
        return tf.gather(tf.convert_to_tensor(self.embeddings) * 1.0, tf.cast(inputs, tf.int32))

    def compute_output_spec(self, inputs, reverse=False):
        width = self.input_dim if reverse else self.output_dim
        return keras.KerasTensor((*inputs.shape[:2], width), dtype="float32")


class LSTMTranslator:
    """LSTM sequence-to-sequence model with the inputs and the output of `build_transformer`, and greedy search.

    Args:
        vocabulary_size: number of tokens.
        units: width of embeddings and states.
        attention: whether the decoder attends to the source.
        dropout: dropout rate of the inputs of all LSTM layers.
    """

    def __init__(self, vocabulary_size, units, attention, dropout):
        uniform = keras.initializers.RandomUniform(-INITIAL_RANGE, INITIAL_RANGE)
        self.embedding = SharedEmbedding(vocabulary_size, units, embeddings_initializer=uniform, name="embedding")
        self.encoder = LSTMEncoder(units, dropout, name="encoder")
        self.decoder = LSTMDecoder(units, attention, dropout, name="decoder")
        self.model = self._functional_model()
        signature = [tf.TensorSpec((None, None), tf.int32)]
        self._search = tf.function(self._greedy, input_signature=signature)

    def _functional_model(self):
        source_ids = keras.Input((None,), dtype="int32", name="source_ids")
        target_ids = keras.Input((None,), dtype="int32", name="target_ids")
        mask = keras.ops.not_equal(source_ids, PADDING_ID)
        memory, states = self.encoder(self.embedding(source_ids), mask)
        outputs = self.decoder(self.embedding(target_ids), memory, mask, states)
        logits = self.embedding(outputs, reverse=True)
        return keras.Model({"source_ids": source_ids, "target_ids": target_ids}, logits, name="lstm")

    def generate(self, source_ids):
        """Translates by greedy search. The longest translation has twice the tokens of the source plus ten.

        Args:
            source_ids: `(batch, source_length)` int32, padded with 0.

        Returns:
            `(batch, length)` int32, padded with 0.
        """
        return self._search(tf.cast(source_ids, tf.int32))

    def _greedy(self, source_ids):
        mask = tf.not_equal(source_ids, PADDING_ID)
        memory, states = self.encoder(self.embedding(source_ids), mask)
        keys = self.decoder.keys(memory)
        rows = tf.shape(source_ids)[0]
        longest = 2 * tf.reduce_sum(tf.cast(mask, tf.int32), axis=1) + 10

        def body(position, tokens, fed, states, is_done, written):
            fed, states = self.decoder.step(
                self.embedding(tokens[:, tf.newaxis])[:, 0], fed, keys, memory, mask, states
            )
            logits = self.embedding(fed[:, tf.newaxis], reverse=True)[:, 0]
            tokens = tf.where(is_done, PADDING_ID, tf.argmax(logits, axis=-1, output_type=tf.int32))
            is_done = is_done | (tokens == END_ID) | (position + 1 >= longest)
            return position + 1, tokens, fed, states, is_done, written.write(position, tokens)

        first = (
            tf.constant(0),
            tf.fill([rows], START_ID),
            tf.zeros((rows, self.decoder.units)),
            [list(state) for state in states],
            tf.zeros([rows], tf.bool),
            tf.TensorArray(tf.int32, size=0, dynamic_size=True, element_shape=(None,)),
        )
        *_, written = tf.while_loop(lambda *loop: ~tf.reduce_all(loop[4]), body, first)
        return tf.transpose(written.stack())


def count_parameters(vocabulary_size, units, attention):
    """Returns the number of parameters of an `LSTMTranslator`."""
    encoder = 2 * (8 * units**2 + 4 * units)
    decoder = (12 if attention else 8) * units**2 + 8 * units**2 + 8 * units
    return vocabulary_size * units + encoder + decoder + (5 * units**2 + 1 if attention else 0)


def units_for(parameters, vocabulary_size, attention):
    """Returns the width whose number of parameters is nearest to `parameters`."""
    widths = range(1, 4097)
    return min(widths, key=lambda units: abs(count_parameters(vocabulary_size, units, attention) - parameters))
