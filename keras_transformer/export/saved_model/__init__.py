"""The SavedModel for TensorFlow Serving, text to text."""

from keras_transformer.export.saved_model.saved_model_exporter import SavedModelExporter, export_saved_model

__all__ = ["SavedModelExporter", "export_saved_model"]
