"""An offline page that explains the forward pass and the beam search of a model for one sentence."""

from keras_transformer.explanation.explain import check_page_path, explain

__all__ = ["check_page_path", "explain"]
