from typing import TYPE_CHECKING

import keras
import tensorflow as tf

from keras_transformer.errors import InputError
from keras_transformer.generation.beam_search import BeamSearch
from keras_transformer.generation.search_settings import SearchSettings
from keras_transformer.models.structure_watch import StructureWatch
from keras_transformer.models.transformer_parts import transformer_parts

if TYPE_CHECKING:
    from keras_transformer.generation.hypotheses import Hypotheses


class Generator:
    """Beam search with cached keys and values, inside the TensorFlow graph.

    It reads the weights of the model's layers, so it stays valid during training. After a change of the model's
    structure, such as `quantize`, `enable_lora` or a new dtype policy, its graphs are traced again.

    Args:
        model: a functional `keras.Model` of `build_transformer`.

    Raises:
        ValueError: the model was not built by `build_transformer`.
        InputError: Keras runs on another backend than TensorFlow.

    Example:

    >>> source_ids = kt.Tokenizers(tokenizer).encode_source(["나는 어제 카페에 갔다."], max_length=64)
    >>> hypotheses = kt.generation.Generator(model).generate(source_ids, beam_size=4)
    >>> tokenizer.detokenize(hypotheses.token_ids[0]).numpy()
    array([b'I went to the cafe yesterday.'], dtype=object)

    Reference:
        Sutskever et al. 2014 (arXiv 1409.3215), section 3.2, for beam search; Wu et al. 2016 (arXiv 1609.08144),
        section 7, for the length penalty; "Attention Is All You Need", section 6.1, for their defaults.
    """

    def __init__(self, model: keras.Model):
        if keras.backend.backend() != "tensorflow":
            raise InputError(
                "Generation needs Keras on TensorFlow: set KERAS_BACKEND=tensorflow before keras is imported. "
                f"Received: the backend {keras.backend.backend()}."
            )
        self.parts = transformer_parts(model)
        self._structure = StructureWatch(model)
        self._functions = {}

    def generate(
        self,
        source_ids: tf.Tensor,
        beam_size: int | None = None,
        length_penalty: float | None = None,
        n_best: int | None = None,
        max_length: int | None = None,
        settings: SearchSettings | None = None,
    ) -> "Hypotheses":
        """Translates token ids.

        The result of a sentence does not depend on other sentences of the batch or on padding.

        Args:
            source_ids: `(batch, source_length)` int32. Each row has tokens, the end token, and then 0. A row without
                tokens gives an empty translation.
            beam_size, length_penalty, n_best: a shorthand for `settings`. Default: those of `SearchSettings`.
            max_length: also a shorthand, the maximum length of a translation in tokens, including the end token.
                Default: the config's `max_length`. A translation has at most twice the source's tokens plus ten.
            settings: `SearchSettings`. Default: those of the separate arguments.

        Returns:
            `Hypotheses`: `token_ids` `(batch, n_best, length)` and `scores` `(batch, n_best)`.

        Raises:
            ValueError: an argument is out of range, `settings` is given together with one, or the source is
                longer than the model can read.
        """
        settings = SearchSettings.of(
            settings, beam_size=beam_size, length_penalty=length_penalty, n_best=n_best, max_length=max_length
        )
        longest = self.parts.config.max_length
        max_length = longest if settings.max_length is None else settings.max_length
        if not 1 <= max_length <= longest:
            raise ValueError(f"`max_length` must be from 1 to {longest}. Received: max_length={max_length}.")
        source_ids = tf.cast(source_ids, tf.int32)
        _check_source(source_ids, longest)
        limits = (tf.constant(settings.length_penalty, tf.float32), tf.constant(max_length))
        beam = (settings.beam_size, settings.n_best or 1)
        if tf.executing_eagerly():
            return self._function(*beam)(source_ids, *limits)
        return BeamSearch(self.parts, *beam).search(source_ids, *limits)

    def _function(self, beam_size, n_best):
        """Returns the search as a graph, traced once for every beam size and structure of the model."""
        if self._structure.has_changed():
            self._functions.clear()
        if (beam_size, n_best) not in self._functions:
            signature = [tf.TensorSpec((None, None), tf.int32), tf.TensorSpec(()), tf.TensorSpec((), tf.int32)]
            search = BeamSearch(self.parts, beam_size, n_best).search
            # The only concrete function: TensorFlow warns about retracing if several such functions are called first.
            self._functions[beam_size, n_best] = tf.function(search, input_signature=signature).get_concrete_function()
        return self._functions[beam_size, n_best]


def _check_source(source_ids, longest):
    if source_ids.shape.rank not in (None, 2):
        raise ValueError(f"`source_ids` must have the shape (batch, length). Received: {source_ids.shape}.")
    length = source_ids.shape[1]
    if length is not None and length > longest:
        raise ValueError(f"A source must have at most `max_length`={longest} tokens. Received: {length} columns.")
