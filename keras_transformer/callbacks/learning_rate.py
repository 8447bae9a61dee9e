import keras
import numpy as np


class LearningRate(keras.callbacks.Callback):
    """Adds `learning_rate`, the rate that the optimizer has come to, to the logs of every epoch.

    Keras does so only where one of its own callbacks sets the rate, not where a schedule does. Put it before callbacks
    that write the logs down, such as `HistoryFile`.

    Example:

    >>> model.fit(batches, epochs=20, callbacks=[LearningRate(), HistoryFile("history.csv")])
    """

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs["learning_rate"] = float(np.array(self.model.optimizer.learning_rate))
