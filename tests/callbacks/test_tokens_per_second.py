import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_transformer.callbacks import TokensPerSecond, TrainingState
from keras_transformer.losses import SmoothedCrossEntropy
from keras_transformer.metrics import Perplexity, TokenAccuracy

LABELS = np.array([[4, 5, 0], [6, 0, 0], [4, 5, 6], [4, 3, 0]], "int32")


def token_model(metrics):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Embedding(8, 8), keras.layers.Dense(8)])
    model.compile("sgd", loss=SmoothedCrossEntropy(), metrics=metrics, jit_compile=False)
    return model


@pytest.mark.parametrize("metric", [Perplexity, TokenAccuracy])
def test_real_tokens_are_counted(metric, monkeypatch):
    now = iter(range(100))
    monkeypatch.setattr("keras_transformer.callbacks.tokens_per_second.time.perf_counter", lambda: next(now))
    history = token_model([metric()]).fit(
        LABELS, LABELS, batch_size=2, epochs=2, shuffle=False, callbacks=[TokensPerSecond()], verbose=0
    )
    # Eight tokens; the clock ticks at the start and after each of the two batches.
    assert history.history["tokens_per_second"] == [4, 4]


def test_a_model_that_counts_no_tokens_is_refused(make_model, fit):
    with pytest.raises(
        ValueError, match=r"needs `Perplexity` or `TokenAccuracy` among the metrics .*Received: \['loss'\]"
    ):
        fit(make_model(), TokensPerSecond())


@pytest.mark.parametrize("last_batch", [0, 2])
def test_tokens_before_a_resumed_epoch_are_not_counted(monkeypatch, tmp_path, last_batch):
    class KillAfter(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == last_batch:
                raise KeyboardInterrupt

    now = iter(range(100))
    monkeypatch.setattr("keras_transformer.callbacks.tokens_per_second.time.perf_counter", lambda: next(now))
    labels = np.full((4, 3), 5, "int32")
    batches = tf.data.Dataset.from_tensor_slices((labels, labels)).batch(1).repeat()

    def fit(*callbacks):
        model, state = token_model([Perplexity()]), TrainingState(tmp_path / "state.npz", 4, save_every=1)
        state.restore(model)
        callbacks = [TokensPerSecond(), state, *callbacks]
        return model.fit(batches, steps_per_epoch=4, callbacks=callbacks, verbose=0, shuffle=False)

    with pytest.raises(KeyboardInterrupt):
        fit(KillAfter())
    # Each batch has three tokens, and the clock ticks once for each.
    assert fit().history["tokens_per_second"] == [3]
