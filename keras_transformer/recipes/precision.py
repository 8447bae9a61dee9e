import importlib
import pathlib
import sys

from keras_transformer.processes.keras_backend import keras_backend

# Linux's names of the instructions for products of bfloat16.
_CPU_FLAGS = {"avx512_bf16", "amx_bf16"}
# Device files of GPUs: NVIDIA's, also in Windows's subsystem, and AMD's.
_GPU_FILES = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")


def fastest_precision():
    """Returns the precision of `precision = "auto"` on this machine.

    A processor without instructions for bfloat16 computes its products in float32 and is slower than with float32: a
    training step takes 1.25 times as long on an AMD Zen 3. Only Linux lists the instructions. GPUs support bfloat16
    from compute capability 8.0 on. With Keras on JAX the result is float32, because several processes cannot be joined
    after JAX was asked for its devices.

    Returns:
        "bfloat16" if the hardware has products of bfloat16 for TensorFlow, otherwise "float32".
    """
    if keras_backend() != "tensorflow":
        return "float32"
    gpus = list_gpus()
    has_bfloat16 = _compute_capability(gpus[0]) >= (8, 0) if gpus else bool(_CPU_FLAGS & _cpu_flags())
    return "bfloat16" if has_bfloat16 else "float32"


def list_gpus():
    """Returns TensorFlow's GPUs. Without the device file of a GPU, TensorFlow is not imported to list them."""
    may_have_gpu = sys.platform != "linux" or any(pathlib.Path(path).exists() for path in _GPU_FILES)
    if "tensorflow" not in sys.modules and not may_have_gpu:
        return []
    return importlib.import_module("tensorflow").config.list_physical_devices("GPU")


def _compute_capability(gpu):
    return (
        importlib.import_module("tensorflow")
        .config.experimental.get_device_details(gpu)
        .get("compute_capability", (0, 0))
    )


def _cpu_flags():
    """Returns the instructions of the first processor, or none if the system does not list them."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    return next((set(line.partition(":")[2].split()) for line in lines if line.startswith("flags")), set())
