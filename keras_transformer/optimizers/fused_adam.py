import keras
from keras import ops

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf


@keras.saving.register_keras_serializable(package="keras_transformer")
class FusedAdam(keras.optimizers.Adam):
    """Keras's `Adam`, faster on TensorFlow: one operation updates a weight and its two moments.

    Keras's optimizer has about forty small operations per weight. A Transformer has more than a hundred weights. The
    formula, the arguments and the variables are the same. The results are equal except for rounding. With `amsgrad`,
    with weights that are not float32, under a strategy of `tf.distribute`, and on other backends this class is
    identical to Keras's.

    Example:

    >>> model.compile(kt.optimizers.FusedAdam(3e-4, beta_2=0.98), kt.losses.SmoothedCrossEntropy(), jit_compile=False)

    Reference:
        Kingma & Ba 2014, "Adam" (arXiv 1412.6980), the formula at the end of section 2.
    """

    # The powers of both betas in the current step. Not None while `apply` runs.
    _beta_powers = None

    def apply(self, grads, trainable_variables=None):
        if keras.backend.backend() != "tensorflow" or self.amsgrad or tf.distribute.has_strategy():
            return super().apply(grads, trainable_variables)
        # Computed once for all weights.
        step = ops.cast(self.iterations + 1, "float32")
        self._beta_powers = tuple(ops.power(ops.cast(beta, "float32"), step) for beta in (self.beta_1, self.beta_2))
        try:
            return super().apply(grads, trainable_variables)
        finally:
            self._beta_powers = None

    def update_step(self, gradient, variable, learning_rate):
        if self._beta_powers is None or isinstance(gradient, tf.IndexedSlices) or variable.dtype != tf.float32:
            return super().update_step(gradient, variable, learning_rate)
        index = self._get_variable_index(variable)
        moments = [group[index].value for group in (self._momentums, self._velocities)]
        return tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=moments[0].handle,
            v=moments[1].handle,
            beta1_power=self._beta_powers[0],
            beta2_power=self._beta_powers[1],
            lr=ops.cast(learning_rate, "float32"),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=ops.cast(gradient, "float32"),
        )
