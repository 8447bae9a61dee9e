"""The folder format of CTranslate2.

The public names are in `__init__.pyi`.
"""

import lazy_loader

# The exporter needs neither Keras nor TensorFlow before it writes.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
