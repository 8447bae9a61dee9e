"""Graphs of ONNX for the encoder and one step of the decoder, for onnxruntime."""

from keras_transformer.export.onnx.onnx_exporter import ONNXExporter

__all__ = ["ONNXExporter"]
