"""An offline page that explains the forward pass and the beam search of a model for one sentence.

The public names are in `__init__.pyi`.
"""

import lazy_loader

# The check of the path needs neither Keras nor TensorFlow.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
