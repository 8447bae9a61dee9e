import keras


class CountEpochs(keras.callbacks.Callback):
    """A callback with a state that is reset at the start of training."""

    def on_train_begin(self, logs=None):
        self.epochs = []

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(epoch)

    def get_state(self):
        return self.epochs

    def set_state(self, state):
        self.epochs = list(state)
