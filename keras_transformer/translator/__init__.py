"""Text in, translations out."""

from keras_transformer.translator.translator import Translator, translator_of_files

__all__ = ["Translator", "translator_of_files"]
