import keras
import numpy as np
import pytest

from keras_transformer.callbacks import TokensPerSecond
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
