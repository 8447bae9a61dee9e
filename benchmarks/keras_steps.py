"""Steps of this library in `training_step.py`."""

import time

import keras_transformer as kt

kt.use_onednn()  # isort: split
import keras
import tensorflow as tf


class StepTimes(keras.callbacks.Callback):
    """Collects the milliseconds of every step."""

    def __init__(self):
        super().__init__()
        self.milliseconds = []

    def on_train_batch_begin(self, batch, logs=None):
        self._start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self.milliseconds.append(1000 * (time.perf_counter() - self._start))


def set_up(settings):
    if settings.threads:
        tf.config.threading.set_intra_op_parallelism_threads(settings.threads)
        tf.config.threading.set_inter_op_parallelism_threads(settings.threads)
    keras.config.set_dtype_policy("float32" if settings.precision == "float32" else f"mixed_{settings.precision}")


def steps_of(model, settings, loss, metrics=None):
    """Returns a function that runs a number of steps in `fit` and returns their milliseconds."""
    model.compile(keras.optimizers.Adam(1e-3), loss, metrics=metrics, jit_compile=settings.xla)
    source_ids, target_ids, labels = settings.batch()
    data = tf.data.Dataset.from_tensors(({"source_ids": source_ids, "target_ids": target_ids}, labels))

    def steps(count):
        times = StepTimes()
        model.fit(data.repeat(count), verbose=0, shuffle=False, callbacks=[times])
        return times.milliseconds

    return steps


def of_library(settings, metrics=None, chunked=True):
    set_up(settings)
    config = kt.TransformerConfig.from_preset(
        settings.preset, vocabulary_size=settings.vocabulary_size, dropout=settings.dropout
    )
    model = kt.build_transformer(config)
    model = kt.models.with_chunked_loss(model) if chunked else model
    return steps_of(model, settings, kt.losses.SmoothedCrossEntropy(0.1), metrics)


def of_library_with_metrics(settings):
    return of_library(settings, [kt.metrics.Perplexity(), kt.metrics.TokenAccuracy()])


def of_whole_logits(settings):
    return of_library(settings, chunked=False)


def products(settings):
    """Returns a function that times a large float32 product, scaled to the operations of a step."""
    set_up(settings)
    size = 2048
    matrix = tf.cast(tf.random.normal((size, size)), settings.precision)
    multiply = tf.function(tf.matmul)

    def steps(count):
        milliseconds = []
        for _ in range(count):
            start = time.perf_counter()
            multiply(matrix, matrix).numpy()
            seconds = time.perf_counter() - start
            milliseconds.append(1000 * seconds * settings.giga_operations / (2 * size**3 / 1e9))
        return milliseconds

    return steps
