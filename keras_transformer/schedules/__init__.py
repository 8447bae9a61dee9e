"""Learning-rate schedules.

The public names are in `__init__.pyi`.
"""

import lazy_loader

# The names of the decays need neither Keras nor TensorFlow.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
