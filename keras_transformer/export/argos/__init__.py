"""Packages for Argos Translate and LibreTranslate."""

from keras_transformer.export.argos.argos_exporter import ArgosExporter

__all__ = ["ArgosExporter"]
