from .ctranslate2.ctranslate2_exporter import export_ctranslate2
from .exporter import Exporter, SearchSettings
from .exporters import EXPORTERS, get_exporter
from .saved_model.saved_model_exporter import export_saved_model
from .tflite.tflite_exporter import export_tflite
from .verification.proof import Proof
from .verification.verification import Verification
from .web.web_exporter import export_web

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
