"""Metrics over token logits, which ignore padding, and scores of texts by sacreBLEU.

The public names are in `__init__.pyi`.
"""

import lazy_loader

# Scores of texts need neither Keras nor TensorFlow.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
