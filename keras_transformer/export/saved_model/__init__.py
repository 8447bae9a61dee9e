"""The SavedModel for TensorFlow Serving, text to text."""

from keras_transformer.export.saved_model.saved_model_exporter import SavedModelExporter, export_saved_model
from keras_transformer.moved_modules import moved_names

__all__ = ["SavedModelExporter", "export_saved_model"]

__getattr__ = moved_names(__name__)
