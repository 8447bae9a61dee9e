import keras
import numpy as np


class LearningRate(keras.callbacks.Callback):
    """Adds the optimizer's current `learning_rate` to the logs of every epoch.

    Keras adds it only if one of its callbacks sets the rate, not if a schedule does. Put this callback before callbacks
    that write the logs, such as `HistoryFile`.

    Example:

    >>> history = model.fit(batches, epochs=3, callbacks=[kt.callbacks.LearningRate()], shuffle=False)
    >>> list(history.history)
    ['loss', 'learning_rate']
    """

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs["learning_rate"] = float(np.array(self.model.optimizer.learning_rate))
