"""The process of a command, and joint training in several processes."""

from keras_transformer.moved_modules import moved_names

__getattr__ = moved_names(__name__)
