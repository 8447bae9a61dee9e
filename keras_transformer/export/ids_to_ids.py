import dataclasses

import tensorflow as tf

from keras_transformer.export.compact_embedding import CompactEmbedding
from keras_transformer.generation import Hypotheses
from keras_transformer.generation.beam_search import BeamSearch
from keras_transformer.models import transformer_parts
from keras_transformer.special_tokens import END_ID, PADDING_ID

# Widths of the signatures with a fixed shape, for runtimes that cannot resize.
FIXED_LENGTHS = (16, 32, 64)


class IdsToIds(tf.Module):
    """The whole beam search from token ids to token ids, with the signatures of a TFLite file.

    Args:
        model: the Keras model.
        settings: `SearchSettings` with a `max_length`.
        quantize: None, "float16" or "int8": how the embedding tables are stored.
    """

    def __init__(self, model, settings, quantize=None):
        super().__init__()
        self.settings = settings
        # A SavedModel holds the variables that hang on it; Keras's are wrapped, and so not seen.
        self.model_variables = [weight.value for weight in model.trainable_weights]
        self.parts = transformer_parts(model)
        if quantize:
            self.parts = _with_compact_embeddings(self.parts, quantize)
            self.tables = [self.parts.source_embedding, self.parts.target_embedding]
        self._search = BeamSearch(self.parts, settings.beam_size, settings.beam_size).search

    def signatures(self):
        """The signatures by name, for `tf.saved_model.save`."""
        shapes = {"translate": (None, None)} | {f"translate_{length}": (1, length) for length in FIXED_LENGTHS}
        return {
            name: tf.function(
                lambda source_ids: self.translate(source_ids),
                input_signature=[tf.TensorSpec(shape, tf.int32, name="source_ids")],
            ).get_concrete_function()
            for name, shape in shapes.items()
        }

    def translate(self, source_ids):
        """`source_ids` `(batch, source_length)` to `target_ids` `(batch, beam_size, max_length)` and their `scores`.

        A row is cut at `max_length` tokens; its last one then is the end token.
        """
        settings = self.settings
        found = _in_a_loop(self._search_as_set, self._cut(source_ids), settings.beam_size)
        missing = settings.max_length - tf.shape(found.token_ids)[2]
        target_ids = tf.pad(found.token_ids, [[0, 0], [0, 0], [0, missing]], constant_values=PADDING_ID)
        return {
            "target_ids": tf.reshape(target_ids, (-1, settings.beam_size, settings.max_length)),
            "scores": found.scores,
        }

    def _search_as_set(self, source_ids):
        length_penalty = tf.constant(self.settings.length_penalty, tf.float32)
        return self._search(source_ids, length_penalty, tf.constant(self.settings.max_length))

    def _cut(self, source_ids):
        width, longest = source_ids.shape[1], self.settings.max_length
        if width is not None and width <= longest:
            return source_ids
        source_ids = source_ids[:, :longest]
        is_last = tf.expand_dims(tf.equal(tf.range(tf.shape(source_ids)[1]), longest - 1), 0)
        return tf.where(tf.logical_and(is_last, tf.not_equal(source_ids, PADDING_ID)), END_ID, source_ids)


def _in_a_loop(search, source_ids, beam_size):
    """The search as a loop of one pass.

    TFLite has no calls of functions, and its converter writes the search into every signature anew. The body of a loop
    is the one thing that several signatures can share, where it is the same; so it must not know their shapes.
    """
    is_token = tf.cast(tf.not_equal(source_ids, PADDING_ID), tf.int32)
    width = tf.maximum(tf.reduce_max(tf.reduce_sum(is_token, axis=1)), 1)
    rows = tf.reduce_sum(tf.ones_like(is_token[:, 0]))
    source_ids = tf.strided_slice(source_ids, [0, 0], [rows, width])
    nothing = Hypotheses(tf.zeros((1, beam_size, 1), tf.int32), tf.zeros((1, beam_size)))
    shapes = (
        tf.TensorShape(()),
        tf.TensorShape((None, None)),
        Hypotheses(tf.TensorShape((None, beam_size, None)), tf.TensorShape((None, beam_size))),
    )
    _, _, found = tf.while_loop(
        lambda is_done, source_ids, found: tf.logical_not(is_done),
        lambda is_done, source_ids, found: (tf.constant(True), source_ids, search(source_ids)),
        (tf.constant(False), source_ids, nothing),
        shapes,
    )
    return found


def _with_compact_embeddings(parts, quantize):
    source_embedding = CompactEmbedding(parts.source_embedding, quantize)
    shared = parts.target_embedding is parts.source_embedding
    target_embedding = source_embedding if shared else CompactEmbedding(parts.target_embedding, quantize)
    return dataclasses.replace(parts, source_embedding=source_embedding, target_embedding=target_embedding)
