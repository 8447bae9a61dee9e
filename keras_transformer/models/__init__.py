"""The model: its config and the functional `keras.Model` built from it.

The public names are in `__init__.pyi`.
"""

import lazy_loader

# Configs need neither Keras nor TensorFlow.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
