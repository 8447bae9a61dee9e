"""Train the original encoder-decoder Transformer on parallel text with `model.fit`, and translate with it.

Importing this package has no side effects and imports neither Keras nor TensorFlow. The public names are in
`__init__.pyi`. Each name is imported at its first use.
"""

import importlib

import lazy_loader

from keras_transformer.moved_modules import MOVED, find_moved_modules
from keras_transformer.registration import register_classes, register_with_keras
from keras_transformer.version import __version__ as __version__

_public_name, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name):
    if name in MOVED:
        return importlib.import_module(f"{__name__}.{name}")
    value = _public_name(name)
    register_classes()
    return value


find_moved_modules()
register_with_keras()
