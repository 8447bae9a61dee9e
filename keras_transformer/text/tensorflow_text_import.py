"""Imports TensorFlow Text, or raises an error with advice."""

import importlib.metadata

from keras_transformer.errors import MissingPackageError

try:
    import tensorflow_text
    from tensorflow_text.python.ops import sentencepiece_tokenizer
except Exception as error:  # TensorFlow raises its own exception for a library of another version.
    release = ".".join(importlib.metadata.version("tensorflow").split(".")[:2])
    advice = f'Its version must fit that of TensorFlow: pip install "tensorflow-text=={release}.*".'
    reason = (str(error).splitlines() or [type(error).__name__])[0].removesuffix(".")
    raise MissingPackageError(f"tensorflow_text cannot be imported ({reason}). {advice}") from error

__all__ = ["sentencepiece_tokenizer", "tensorflow_text"]
