"""Export to a folder for browsers: a page that translates on the device with a TFLite file and LiteRT.js."""

from keras_transformer.export.web.web_exporter import export_web

__all__ = ["export_web"]
