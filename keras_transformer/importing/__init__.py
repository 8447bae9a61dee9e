"""Reads models of other toolkits, without these toolkits."""

from keras_transformer.importing.marian_folder import MarianFolder

__all__ = ["MarianFolder"]
