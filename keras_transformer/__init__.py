"""Train the original encoder-decoder Transformer on parallel text with `model.fit`, and translate with it."""

from keras_transformer.processes import quiet_start  # isort: skip  (before anything imports TensorFlow)
from keras_transformer import callbacks, data, export, layers, losses, metrics, models, plots, recipes, schedules, text
from keras_transformer.errors import ExportError, InputError
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.translator import Translator
from keras_transformer.version import __version__

__all__ = [
    "ExportError",
    "InputError",
    "TransformerConfig",
    "Translator",
    "__version__",
    "build_transformer",
    "callbacks",
    "data",
    "export",
    "layers",
    "losses",
    "metrics",
    "models",
    "plots",
    "quiet_start",
    "recipes",
    "schedules",
    "text",
]
