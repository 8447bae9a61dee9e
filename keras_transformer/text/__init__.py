"""Learns vocabularies, and tokenizes text inside the graph. The public names are in `__init__.pyi`."""

import lazy_loader

# The rules of languages and blank text need neither Keras nor TensorFlow.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
