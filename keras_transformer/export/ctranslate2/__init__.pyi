from .ctranslate2_exporter import CTranslate2Exporter, export_ctranslate2
from .ctranslate2_format import save_ctranslate2

__all__ = ["CTranslate2Exporter", "export_ctranslate2", "save_ctranslate2"]
