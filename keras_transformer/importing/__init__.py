"""Reads models of other toolkits, without these toolkits."""

from keras_transformer.importing.folder_kinds import FOLDER_KINDS, folder_class, is_foreign_folder, kind_of
from keras_transformer.importing.m2m100_folder import M2M100Folder
from keras_transformer.importing.marian_folder import MarianFolder
from keras_transformer.importing.opennmt_tf_folder import OpenNMTTFFolder
from keras_transformer.importing.preset_folder import preset_folder

__all__ = [
    "FOLDER_KINDS",
    "M2M100Folder",
    "MarianFolder",
    "OpenNMTTFFolder",
    "folder_class",
    "is_foreign_folder",
    "kind_of",
    "preset_folder",
]
