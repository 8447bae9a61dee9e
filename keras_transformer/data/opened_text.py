"""Public names of the module `files.opened_text`. The package `text`, which does not import this one, uses it too."""

from keras_transformer.files.opened_text import opened_text, plain_size

__all__ = ["opened_text", "plain_size"]
