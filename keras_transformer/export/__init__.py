"""Exports models to the formats of other runtimes, and compares the artifacts with the model.

The public names are in `__init__.pyi`.
"""

import lazy_loader

# The checks before an export need neither Keras nor TensorFlow.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
