"""The `.tflite` file for mobile devices and web pages."""

from keras_transformer.export.tflite.tflite_exporter import TFLiteExporter, export_tflite

__all__ = ["TFLiteExporter", "export_tflite"]
