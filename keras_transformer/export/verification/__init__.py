"""Verification of artifacts: an artifact runs in a fresh process and is compared with the model."""

from keras_transformer.moved_modules import moved_names

__getattr__ = moved_names(__name__)
