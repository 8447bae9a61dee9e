"""Exports models to the formats of other runtimes, and compares the artifacts with the model."""

from keras_transformer.export.ctranslate2.ctranslate2_exporter import export_ctranslate2
from keras_transformer.export.exporter import Exporter
from keras_transformer.export.exporters import EXPORTERS, get_exporter
from keras_transformer.export.saved_model.saved_model_exporter import export_saved_model
from keras_transformer.export.tflite.tflite_exporter import export_tflite
from keras_transformer.export.verification.proof import Proof
from keras_transformer.export.verification.verification import Verification
from keras_transformer.export.web.web_exporter import export_web
from keras_transformer.generation import SearchSettings

__all__ = [
    "EXPORTERS",
    "Exporter",
    "Proof",
    "SearchSettings",
    "Verification",
    "export_ctranslate2",
    "export_saved_model",
    "export_tflite",
    "export_web",
    "get_exporter",
]
