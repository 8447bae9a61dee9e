import dataclasses
from typing import TYPE_CHECKING

import keras
import tensorflow as tf

from keras_transformer.errors import InputError
from keras_transformer.generation.beam_search import BeamSearch
from keras_transformer.generation.one_thread import one_thread
from keras_transformer.generation.random_numbers import seed_key
from keras_transformer.generation.search_settings import SearchSettings
from keras_transformer.generation.shortlist_limits import NO_SHORTLIST
from keras_transformer.models.ensemble import config_of, members_of
from keras_transformer.models.structure_watch import StructureWatch

if TYPE_CHECKING:
    from keras_transformer.generation.hypotheses import Hypotheses
    from keras_transformer.generation.shortlist import Shortlist
    from keras_transformer.models.transformer_parts import TransformerParts

# Types of the arguments of `BeamSearch.search` after the source.
_SPECIFICATIONS = {
    "length_penalty": tf.TensorSpec(()),
    "max_length": tf.TensorSpec((), tf.int32),
    "seed": tf.TensorSpec((), tf.int64),
    "prefix_ids": tf.TensorSpec((None, None), tf.int32),
}


class Generator:
    """Beam search or sampling with cached keys and values, inside the TensorFlow graph.

    It reads the weights of the model's layers, so it stays valid during training. After a change of the model's
    structure, such as `quantize`, `enable_lora` or a new dtype policy, its graphs are traced again.

    Args:
        model: a functional `keras.Model` of `build_transformer`, or an `Ensemble`.
        shortlist: the `Shortlist` of searches whose settings have `shortlist`. Default None.

    Attributes:
        has_searched: whether `generate` was called.

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

    def __init__(self, model: keras.Model, shortlist: "Shortlist | None" = None):
        if keras.backend.backend() != "tensorflow":
            raise InputError(
                "Generation needs Keras on TensorFlow: set KERAS_BACKEND=tensorflow before keras is imported. "
                f"Received: the backend {keras.backend.backend()}."
            )
        self.members = members_of(model)
        self.shortlist = shortlist
        self._longest = config_of(model).max_length
        self._structure = StructureWatch(model)
        self._functions = {}
        self.has_searched = False

    @property
    def parts(self) -> "TransformerParts":
        """The `TransformerParts` of the model.

        Raises:
            InputError: the model is an ensemble.
        """
        if len(self.members) > 1:
            raise InputError(f"Expected a single model. Received: an ensemble of {len(self.members)} models.")
        return self.members[0]

    def generate(
        self,
        source_ids: tf.Tensor,
        beam_size: int | None = None,
        length_penalty: float | None = None,
        n_best: int | None = None,
        max_length: int | None = None,
        settings: SearchSettings | None = None,
        prefix_ids: tf.Tensor | None = None,
        as_graph: bool = True,
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
            prefix_ids: `(batch, prefix_length)` int32, the first tokens of each translation, padded with 0. A row of 0
                forces nothing. Default None.
            as_graph: whether the search is traced as a graph for further calls. Without a graph, one short source needs
                half of the time of tracing. Default True.

        Returns:
            `Hypotheses`: `token_ids` `(batch, n_best, length)` and `scores` `(batch, n_best)`.

        Raises:
            ValueError: an argument is out of range, `settings` is given together with one, or the source or the prefix
                is longer than the model can read.
            InputError: `settings` has `shortlist`, and there is no shortlist.
        """
        settings = SearchSettings.of(
            settings, beam_size=beam_size, length_penalty=length_penalty, n_best=n_best, max_length=max_length
        )
        if settings.shortlist and self.shortlist is None:
            raise InputError(NO_SHORTLIST)
        longest = self._longest
        max_length = longest if settings.max_length is None else settings.max_length
        if not 1 <= max_length <= longest:
            raise ValueError(f"`max_length` must be from 1 to {longest}. Received: max_length={max_length}.")
        source_ids = tf.cast(source_ids, tf.int32)
        _check_source(source_ids, longest)
        numbers = {"length_penalty": tf.constant(settings.length_penalty), "max_length": tf.constant(max_length)}
        if settings.sample:
            numbers["seed"] = tf.constant(seed_key(settings.seed), tf.int64)
        if prefix_ids is not None:
            numbers["prefix_ids"] = _checked_prefix(prefix_ids, max_length)
        self.has_searched = True
        if tf.executing_eagerly() and as_graph:
            function = self._function(settings, tuple(numbers))
            with one_thread():
                return function(source_ids, *numbers.values())
        return BeamSearch(self.members, settings, self.shortlist).search(source_ids, **numbers)

    def trace(self, settings: SearchSettings, has_prefixes: bool = False) -> None:
        """Traces the graph of settings, if it is not traced yet. Afterwards `generate` can be called in threads.

        Args:
            settings: `SearchSettings`.
            has_prefixes: whether `generate` will be called with prefixes. Default False.
        """
        names = ["length_penalty", "max_length", *["seed"] * settings.sample, *["prefix_ids"] * has_prefixes]
        self._function(settings, tuple(names))

    def _function(self, settings, names):
        """Returns the search as a graph, traced once for the settings that change it and each structure of the model.

        Its arguments are the source and the arguments of `BeamSearch.search` of these names.
        """
        if self._structure.has_changed():
            self._functions.clear()
        settings = dataclasses.replace(settings, length_penalty=0.0, max_length=None, seed=0)
        settings = settings.with_n_best(settings.n_best or 1)
        if (settings, names) not in self._functions:
            search = BeamSearch(self.members, settings, self.shortlist).search

            def search_by_position(source_ids, *numbers):
                return search(source_ids, **dict(zip(names, numbers, strict=True)))

            signature = [tf.TensorSpec((None, None), tf.int32), *map(_SPECIFICATIONS.get, names)]
            # The only concrete function: TensorFlow warns about retracing if several such functions are called first.
            function = tf.function(search_by_position, input_signature=signature, autograph=False)
            with one_thread():
                self._functions[settings, names] = function.get_concrete_function()
        return self._functions[settings, names]


def _checked_prefix(prefix_ids, max_length):
    prefix_ids = tf.cast(prefix_ids, tf.int32)
    width = prefix_ids.shape[1]
    if width is not None and width >= max_length:
        raise ValueError(
            f"A prefix must be shorter than `max_length`={max_length}, which includes the end token. "
            f"Received: {width} columns."
        )
    return prefix_ids


def _check_source(source_ids, longest):
    if source_ids.shape.rank not in (None, 2):
        raise ValueError(f"`source_ids` must have the shape (batch, length). Received: {source_ids.shape}.")
    length = source_ids.shape[1]
    if length is not None and length > longest:
        raise ValueError(f"A source must have at most `max_length`={longest} tokens. Received: {length} columns.")
