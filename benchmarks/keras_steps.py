"""Steps of this library in `training_step.py`."""

import resource
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
        float(logs["loss"])  # A GPU works on after Keras has gone on.
        self.milliseconds.append(1000 * (time.perf_counter() - self._start))


def set_up(settings):
    if settings.threads:
        tf.config.threading.set_intra_op_parallelism_threads(settings.threads)
        tf.config.threading.set_inter_op_parallelism_threads(settings.threads)
    tf.config.experimental.enable_tensor_float_32_execution(settings.precision == "tf32")
    keras.config.set_dtype_policy("mixed_bfloat16" if settings.precision == "bfloat16" else "float32")


def peak_megabytes():
    """Returns the peak memory of the GPU, or of the process without one."""
    if tf.config.list_physical_devices("GPU"):
        return tf.config.experimental.get_memory_info("GPU:0")["peak"] / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


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
    matrix = tf.cast(tf.random.normal((size, size)), "bfloat16" if settings.precision == "bfloat16" else "float32")
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
