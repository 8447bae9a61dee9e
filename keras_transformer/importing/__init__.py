"""Reads models of other toolkits, without these toolkits."""

from keras_transformer.importing.marian import import_marian

__all__ = ["import_marian"]
