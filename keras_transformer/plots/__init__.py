"""Plots of attention, training and position encodings. They need the extra `plots`.

The public names are in `__init__.pyi`.
"""

import lazy_loader

# Only the plot of attention needs TensorFlow.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
