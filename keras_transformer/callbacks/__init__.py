"""Callbacks for `model.fit`.

The public names are in `__init__.pyi`.
"""

import lazy_loader

# Reading a training history needs neither Keras nor TensorFlow.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
