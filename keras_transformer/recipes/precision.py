import pathlib

import keras
import tensorflow as tf

# As Linux calls the instructions for products of bfloat16.
_CPU_FLAGS = {"avx512_bf16", "amx_bf16"}


def fastest_precision():
    """What `precision = "auto"` means on this machine.

    Without instructions for bfloat16, a processor computes its products in float32 and takes longer than for float32
    from the start: 1.25 times as long for a training step on an AMD Zen 3. Which instructions there are, only Linux
    tells. On GPUs bfloat16 came with compute capability 8.0. With Keras on JAX the answer is float32: asking JAX for
    its devices would keep several processes from joining.

    Returns:
        "bfloat16" where TensorFlow finds products of it in hardware, otherwise "float32".
    """
    if keras.backend.backend() != "tensorflow":
        return "float32"
    gpus = tf.config.list_physical_devices("GPU")
    has_bfloat16 = _compute_capability(gpus[0]) >= (8, 0) if gpus else bool(_CPU_FLAGS & _cpu_flags())
    return "bfloat16" if has_bfloat16 else "float32"


def _compute_capability(gpu):
    return tf.config.experimental.get_device_details(gpu).get("compute_capability", (0, 0))


def _cpu_flags():
    """The instructions of the first processor; none where the system does not tell."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    return next((set(line.partition(":")[2].split()) for line in lines if line.startswith("flags")), set())
