import keras
from keras import ops

from keras_transformer.errors import check_rate

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

# 16 random bits per element: the rate is exact to 2^-16, with half the random numbers of Keras's layer.
_NUM_LEVELS = 2**16


@keras.saving.register_keras_serializable(package="keras_transformer")
class Dropout(keras.layers.Dropout):
    """Keras's `Dropout`, faster on TensorFlow: it draws 16 random bits per element instead of a random float.

    On a CPU, the random numbers of Keras's layer take about an eighth of a training step of a small Transformer. On
    other backends this layer is identical to Keras's.

    Args:
        rate: fraction of the elements that are set to 0, at least 0 and below 1, rounded to a multiple of 2^-16. The
            other elements are divided by 1 - rate.

    Call arguments:
        inputs: a tensor of floats of any shape.
        training: whether dropout is applied. Default False.

    Returns:
        A tensor with the shape and dtype of `inputs`.

    Raises:
        ValueError: `rate` is out of range.

    Reference:
        Srivastava et al. 2014, "Dropout: A Simple Way to Prevent Neural Networks from Overfitting".
    """

    def __init__(self, rate, **kwargs):
        check_rate("rate", rate)
        super().__init__(rate, **kwargs)

    def call(self, inputs, training=False):
        num_dropped_levels = round(self.rate * _NUM_LEVELS)
        as_keras = self.noise_shape is not None or keras.backend.backend() != "tensorflow"
        if not training or not num_dropped_levels or as_keras:
            return super().call(inputs, training=training)
        scale = 1.0 / (1.0 - num_dropped_levels / _NUM_LEVELS)
        kept = self._random_levels(ops.shape(inputs)) >= num_dropped_levels
        return inputs * ops.where(kept, ops.cast(scale, inputs.dtype), ops.cast(0.0, inputs.dtype))

    def _random_levels(self, shape):
        """Draws integers from 0 to 2^16 - 1, two from each random word."""
        size = tf.reduce_prod(shape)
        seed = ops.cast(self.seed_generator.next(), "int32")
        words = tf.random.stateless_uniform([(size + 1) // 2], seed, minval=None, maxval=None, dtype=tf.int32)
        return ops.reshape(ops.reshape(tf.bitcast(words, tf.uint16), (-1,))[:size], shape)
