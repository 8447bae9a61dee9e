import keras


class StopAfterSteps(keras.callbacks.Callback):
    """Ends training after a number of optimizer steps, also in the middle of an epoch.

    With `steps_per_execution=k` in `model.compile`, Keras calls callbacks after k steps. Training then ends with the
    execution that reaches `steps`, up to k - 1 steps later. Make `steps` a multiple of k for the exact number.

    Args:
        steps: number of optimizer steps, including those of earlier calls of `fit` with the same optimizer. A `fit`
            that begins at this step runs one more execution, because Keras cannot stop before the first one.

    Example:

    >>> model.compile("adam", loss=kt.losses.SmoothedCrossEntropy(0.1), steps_per_execution=10, jit_compile=False)
    >>> batches = kt.data.token_batches(pairs, tokenizer, steps_per_epoch=20)
    >>> model.fit(batches, epochs=100, callbacks=[kt.callbacks.StopAfterSteps(35)], shuffle=False)
    >>> int(model.optimizer.iterations)
    40
    """

    def __init__(self, steps: int):
        super().__init__()
        self.steps = steps

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.optimizer.iterations) >= self.steps:
            self.model.stop_training = True
