"""The folder that CTranslate2 loads."""

from keras_transformer.export.ctranslate2.ctranslate2_format import export_ctranslate2

__all__ = ["export_ctranslate2"]
