"""Tries the parts of a training under `tf.distribute.MirroredStrategy` with two devices, and prints a table.

    python benchmarks/mirrored_strategy.py [WORD...]

Each case is compared with the same training on one device, without dropout. The two devices are parts of one CPU.
"""

import contextlib
import pathlib
import subprocess
import sys
import tempfile

import keras
import numpy as np
import tensorflow as tf

import keras_transformer as kt

VOCABULARY_SIZE, LENGTH, ROWS = 40, 8, 24
# Seconds of a case. The others need less than 60.
LONGEST = 180


def batches(copies=1):
    """Four batches of token rows. The last has an odd number of rows."""
    generator = np.random.default_rng(0)
    ids = generator.integers(4, VOCABULARY_SIZE, (ROWS * 4 - 3, LENGTH)).astype("int32")
    ids[np.arange(LENGTH) >= generator.integers(2, LENGTH + 1, (len(ids), 1))] = 0
    ids = np.repeat(ids, copies, axis=0)
    targets = np.concatenate([np.full((len(ids), 1), 2, "int32"), ids[:, :-1]], axis=1)
    inputs = {"source_ids": ids, "target_ids": np.where(ids == 0, 0, targets)}
    return tf.data.Dataset.from_tensor_slices((inputs, ids)).batch(ROWS * copies)


def trained(strategy, optimizer=None, loss=None, copies=1, callbacks=(), dropout=0.0, **options):
    """Trains a small model for two epochs. Returns it with the losses."""
    keras.utils.set_random_seed(0)
    with strategy.scope() if strategy else contextlib.nullcontext():
        sizes = {"num_encoder_layers": 1, "num_decoder_layers": 1, "hidden_dim": 16, "intermediate_dim": 32}
        config = kt.TransformerConfig(
            vocabulary_size=VOCABULARY_SIZE, num_heads=2, max_length=LENGTH, dropout=dropout, **sizes
        )
        model = kt.build_transformer(config)
        metrics = [kt.metrics.Perplexity(), kt.metrics.TokenAccuracy()]
        options = {"jit_compile": False, "weighted_metrics": metrics, **options}
        model.compile((optimizer or default)(), loss or kt.losses.SmoothedCrossEntropy(0.1), **options)
    arguments = {"epochs": 2, "verbose": 0, "shuffle": False, "callbacks": list(callbacks)}
    history = model.fit(batches(copies), validation_data=batches(copies), **arguments)
    return model, np.concatenate([history.history[name] for name in sorted(history.history)])


def default():
    return keras.optimizers.Adam(kt.schedules.WarmupSchedule(peak=0.01, warmup_steps=4), beta_2=0.98)


def difference(strategy, **options):
    """The largest relative difference of all reported numbers of two devices and of one device."""
    _, two = trained(strategy, **options)
    _, one = trained(None, **options)
    largest = np.max(np.abs(two - one) / np.abs(one))
    same = "as one device" if largest < 1e-4 else "DIFFERS from one device"
    return f"{same} (largest relative difference {largest:.0e})"


def saved_and_loaded(strategy):
    model, _ = trained(strategy)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.keras"
        model.save(path)
        loaded = keras.saving.load_model(path)
    inputs = next(iter(batches()))[0]
    equal = np.allclose(model(inputs), loaded(inputs), atol=1e-6)
    return "the same outputs after loading without the strategy" if equal else "OTHER OUTPUTS"


def state(strategy):
    with tempfile.TemporaryDirectory() as folder:
        callback = kt.callbacks.TrainingState(pathlib.Path(folder) / "state.npz", steps_per_epoch=4)
        model, _ = trained(strategy, callbacks=[callback])
        assert callback.restore(model)
    return "saved and restored"


def dropout(strategy):
    _, losses = trained(strategy, dropout=0.1)
    return "trains" if np.isfinite(losses).all() else "NOT FINITE"


def search(strategy):
    model, _ = trained(strategy)
    found = kt.generation.Generator(model).generate(next(iter(batches()))[0]["source_ids"])
    return f"after training, outside of the scope: {len(found[0])} rows"


def float16(strategy):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        _, losses = trained(strategy)
    finally:
        keras.config.set_dtype_policy("float32")
    return "trains" if np.isfinite(losses).all() else "NOT FINITE"


CASES = {
    "`fit` with Adam, warm-up, `SmoothedCrossEntropy`, `Perplexity`, validation, an odd number of rows": difference,
    "dropout": dropout,
    "`RDropCrossEntropy`": lambda strategy: difference(strategy, loss=kt.losses.RDropCrossEntropy(1.0), copies=4),
    "`clipnorm` of Adam": lambda strategy: difference(strategy, optimizer=lambda: keras.optimizers.Adam(clipnorm=0.1)),
    "`global_clipnorm` of Adam": lambda strategy: difference(
        strategy, optimizer=lambda: keras.optimizers.Adam(global_clipnorm=0.1)
    ),
    "`use_ema` of Adam": lambda strategy: difference(strategy, optimizer=lambda: keras.optimizers.Adam(use_ema=True)),
    "`gradient_accumulation_steps` of Adam": lambda strategy: difference(
        strategy, optimizer=lambda: keras.optimizers.Adam(gradient_accumulation_steps=2)
    ),
    "`Muon`": lambda strategy: difference(strategy, optimizer=lambda: keras.optimizers.Muon(0.01)),
    "`jit_compile=True`": lambda strategy: difference(strategy, jit_compile=True),
    "`steps_per_execution=2`": lambda strategy: difference(strategy, steps_per_execution=2),
    "`run_eagerly=True`": lambda strategy: difference(strategy, run_eagerly=True),
    "`mixed_float16` with loss scaling": float16,
    "`callbacks.TrainingState`": state,
    "`model.save`": saved_and_loaded,
    "beam search": search,
}


def result_of(case):
    """Returns the result of a case in this process."""
    devices = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], devices)
    try:
        return case(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]))
    except Exception as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        return f"fails: {type(error).__name__}: {' / '.join(lines)[:300]}"


def result_of_process(name):
    """Returns the result of a case in a process of its own, because some cases never end."""
    command = [sys.executable, __file__, "--case", name]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=LONGEST, check=False)
    except subprocess.TimeoutExpired:
        return f"does not end within {LONGEST} s"
    return done.stdout.strip() or f"ends with the status {done.returncode}"


def main():
    """Tries each case, or those whose names have a given word, and prints a row."""
    if sys.argv[1:2] == ["--case"]:
        print(result_of(CASES[sys.argv[2]]))
        return
    print(f"Keras {keras.__version__}, TensorFlow {tf.__version__}\n\n| part | result |\n|---|---|")
    for name in CASES:
        if not sys.argv[1:] or any(word in name for word in sys.argv[1:]):
            print(f"| {name} | {result_of_process(name)} |", flush=True)


if __name__ == "__main__":
    main()
