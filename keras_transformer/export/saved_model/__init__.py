"""The SavedModel for TensorFlow Serving, text to text."""

from keras_transformer.export.saved_model.saved_model import export_saved_model

__all__ = ["export_saved_model"]
