import keras


class StopAfterSteps(keras.callbacks.Callback):
    """Ends training after a number of optimizer steps, also in the middle of an epoch.

    Args:
        steps: the number of optimizer steps, those of earlier `fit`s of the same optimizer counted in. A `fit` that
            begins there takes one more, since Keras lets nothing stop it before its first.
    """

    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.optimizer.iterations) >= self.steps:
            self.model.stop_training = True
