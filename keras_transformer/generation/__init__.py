"""Beam search inside the TensorFlow graph, for Python, SavedModel and TFLite.

The public names are in `__init__.pyi`.
"""

import lazy_loader

# `SearchSettings` needs neither Keras nor TensorFlow.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
