"""Folders for Transformers of Hugging Face: `MarianMT` of post-norm models, `Pegasus` of pre-norm models."""

from keras_transformer.export.huggingface.huggingface_exporter import HuggingFaceExporter

__all__ = ["HuggingFaceExporter"]
