"""Reads models of other toolkits, without these toolkits."""

from keras_transformer.importing.folder_kinds import FOLDER_KINDS, folder_class, kind_of
from keras_transformer.importing.m2m100_folder import M2M100Folder
from keras_transformer.importing.marian_folder import MarianFolder
from keras_transformer.importing.preset_folder import is_marian_folder, preset_folder

__all__ = [
    "FOLDER_KINDS",
    "M2M100Folder",
    "MarianFolder",
    "folder_class",
    "is_marian_folder",
    "kind_of",
    "preset_folder",
]
