"""Rules that drop bad sentence pairs of a parallel corpus. It needs neither Keras nor TensorFlow."""

from keras_transformer.cleaning.checked_pair import CheckedPair
from keras_transformer.cleaning.clean_files import clean_files
from keras_transformer.cleaning.clean_pairs import clean_pairs
from keras_transformer.cleaning.cleaning_report import CleaningReport
from keras_transformer.cleaning.cleaning_settings import CleaningSettings

__all__ = ["CheckedPair", "CleaningReport", "CleaningSettings", "clean_files", "clean_pairs"]
