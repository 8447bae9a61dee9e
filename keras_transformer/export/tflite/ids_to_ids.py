import dataclasses

import tensorflow as tf

from keras_transformer.export.tflite.compact_embedding import CompactEmbedding
from keras_transformer.export.tflite.fixed_lengths import FIXED_LENGTHS
from keras_transformer.generation.beam_search import BeamSearch
from keras_transformer.generation.random_numbers import seed_key
from keras_transformer.models.ensemble import members_of
from keras_transformer.special_tokens import END_ID, PADDING_ID


class IdsToIds(tf.Module):
    """Beam search from token ids to token ids, with the signatures of a TFLite file.

    Args:
        model: the Keras model.
        settings: `SearchSettings` with a `max_length`.
        quantize: type of the stored embedding tables: None, "float16" or "int8".
    """

    def __init__(self, model, settings, quantize=None):
        super().__init__()
        self.settings = settings
        # A SavedModel contains the variables of its attributes. Keras's variables are wrapped and would be missed.
        self.model_variables = [weight.value for weight in model.weights]
        self.members = members_of(model)
        if quantize:
            self.members = tuple(_with_compact_embeddings(parts, quantize) for parts in self.members)
            self.tables = [(parts.source_embedding, parts.target_embedding) for parts in self.members]
        self._search = BeamSearch(self.members, settings.with_n_best(settings.beam_size)).search

    def signatures(self):
        """Returns the signatures by name, for `tf.saved_model.save`."""
        shapes = {"translate": (None, None)} | {f"translate_{length}": (1, length) for length in FIXED_LENGTHS}
        return {
            name: tf.function(
                lambda source_ids: self.translate(source_ids),
                input_signature=[tf.TensorSpec(shape, tf.int32, name="source_ids")],
            ).get_concrete_function()
            for name, shape in shapes.items()
        }

    def translate(self, source_ids):
        """Maps `source_ids` `(batch, source_length)` to `target_ids` `(batch, beam_size, max_length)` and `scores`.

        Rows are cut at `max_length` tokens. The last token of a cut row is the end token.
        """
        settings = self.settings
        found = self.search(self._cut(source_ids))
        missing = settings.max_length - tf.shape(found.token_ids)[2]
        target_ids = tf.pad(found.token_ids, [[0, 0], [0, 0], [0, missing]], constant_values=PADDING_ID)
        # With a fixed batch size, outputs have fixed sizes as well, because LiteRT.js does not support others.
        batch_size = source_ids.shape[0] or -1
        return {
            "target_ids": tf.reshape(target_ids, (batch_size, settings.beam_size, settings.max_length)),
            "scores": tf.reshape(found.scores, (batch_size, settings.beam_size)),
        }

    def search(self, source_ids):
        """Returns the `Hypotheses` of `source_ids` `(batch, source_length)`, in as many columns as the longest has.

        The rows have at most `max_length` tokens.
        """
        length_penalty = tf.constant(self.settings.length_penalty, tf.float32)
        seed = tf.constant(seed_key(self.settings.seed), tf.int64) if self.settings.sample else None
        return self._search(source_ids, length_penalty, tf.constant(self.settings.max_length), seed)

    def _cut(self, source_ids):
        width, longest = source_ids.shape[1], self.settings.max_length
        if width is not None and width <= longest:
            return source_ids
        source_ids = source_ids[:, :longest]
        is_last = tf.expand_dims(tf.equal(tf.range(tf.shape(source_ids)[1]), longest - 1), 0)
        return tf.where(tf.logical_and(is_last, tf.not_equal(source_ids, PADDING_ID)), END_ID, source_ids)


def _with_compact_embeddings(parts, quantize):
    source_embedding = CompactEmbedding(parts.source_embedding, quantize)
    shared = parts.target_embedding is parts.source_embedding
    target_embedding = source_embedding if shared else CompactEmbedding(parts.target_embedding, quantize)
    return dataclasses.replace(parts, source_embedding=source_embedding, target_embedding=target_embedding)
