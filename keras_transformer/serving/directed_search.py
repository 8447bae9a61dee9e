import dataclasses

import tensorflow as tf

from keras_transformer.generation.beam_search import BeamSearch
from keras_transformer.generation.cross_attention import cross_attention


class DirectedSearch:
    """Beam search in any direction of a multilingual model, with one graph for all directions.

    The languages are inputs of the graph. In `Generator`, they are constants.

    Args:
        parts: the `TransformerParts` of the model.
        settings: the `SearchSettings`, with a `max_length`.
    """

    def __init__(self, parts, settings):
        self._parts = parts
        self._settings = settings
        self._functions = {}

    def generate(self, source_ids, n_best, direction):
        """Returns the `Hypotheses` of token ids.

        Args:
            source_ids: `(batch, source_length)` int32.
            n_best: number of translations.
            direction: a `ServedDirection`.
        """
        return self._function(n_best)(source_ids, *_token_ids(direction))

    def attention(self, source_ids, target_ids, direction):
        """Returns `cross_attention` of a translation."""
        parts = self._parts_of(*_token_ids(direction))
        return cross_attention(parts, source_ids, target_ids)

    def _function(self, n_best):
        if n_best not in self._functions:
            settings = self._settings
            ids, token = tf.TensorSpec((None, None), tf.int32), tf.TensorSpec((), tf.int32)

            def search(source_ids, source, target):
                searched = BeamSearch((self._parts_of(source, target),), settings.with_n_best(n_best))
                return searched.search(source_ids, settings.length_penalty, tf.constant(settings.max_length))

            function = tf.function(search, input_signature=[ids, token, token])
            self._functions[n_best] = function.get_concrete_function()
        return self._functions[n_best]

    def _parts_of(self, source, target):
        prefixes = {"source_prefix": _Prefix(source), "target_prefix": _Prefix(target, position=1)}
        return dataclasses.replace(
            self._parts, **{name: prefix for name, prefix in prefixes.items() if getattr(self._parts, name) is not None}
        )


class _Prefix:
    """A `PrefixToken` whose token is a tensor."""

    def __init__(self, token_id, position=0):
        self.token_id = token_id
        self.position = position

    def __call__(self, token_ids):
        tokens = tf.fill((tf.shape(token_ids)[0], 1), self.token_id)
        return tf.concat([token_ids[:, : self.position], tokens, token_ids[:, self.position :]], axis=1)


def _token_ids(direction):
    return [tf.constant(token or 0) for token in (direction.source_prefix, direction.target_prefix)]
