"""The `.tflite` file for phones and pages."""

from keras_transformer.export.tflite.tflite import export_tflite

__all__ = ["export_tflite"]
