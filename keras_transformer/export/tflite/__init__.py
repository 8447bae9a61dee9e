"""The `.tflite` file for phones and pages."""

from keras_transformer.export.tflite.tflite_exporter import TFLiteExporter, export_tflite

__all__ = ["TFLiteExporter", "export_tflite"]
