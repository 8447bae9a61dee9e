"""Imports TensorFlow as the command does: with oneDNN and without messages. Import it before TensorFlow."""

from keras_transformer.cli.quiet_tensorflow import import_tensorflow_quietly

import_tensorflow_quietly()
