"""Reads models of other toolkits, without these toolkits."""

from keras_transformer.importing.marian_folder import MarianFolder
from keras_transformer.importing.preset_folder import is_marian_folder, preset_folder

__all__ = ["MarianFolder", "is_marian_folder", "preset_folder"]
