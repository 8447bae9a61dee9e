import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import keras
from keras import ops

from keras_transformer.errors import InputError
from keras_transformer.models.transformer_parts import transformer_parts

if TYPE_CHECKING:
    from keras_transformer.models.transformer_config import TransformerConfig
    from keras_transformer.models.transformer_parts import TransformerParts


@keras.saving.register_keras_serializable(package="keras_transformer")
class Ensemble(keras.Model):
    """Several translation models that predict the next token together, by the mean of their probabilities.

    It has the inputs of its models. Its outputs are logarithms of the mean probabilities. These are logits as well. A
    `Translator` of an ensemble translates, scores and exports as one of a single model. The models can have different
    sizes, but must have the same vocabulary.

    Args:
        models: a list of Keras models of `build_transformer`.
        alignment_heads: the `alignment_heads` of the `TextFacts` of each model. Default: none.

    Raises:
        InputError: there is no model, or the models have different numbers of tokens or different language tokens.
        ValueError: a model was not built by `build_transformer`.

    Example:

    >>> ensemble = kt.Ensemble([model, model])  # Usually the models of several trainings.
    >>> kt.Translator(ensemble, tokenizer).translate(["나는 어제 카페에 갔다."])
    ['I went to the cafe yesterday.']

    Reference:
        Sutskever et al. 2014 (arXiv 1409.3215), section 3.6.
    """

    def __init__(self, models: Sequence[keras.Model], alignment_heads: Sequence | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.models = list(models)
        # Kept in a tuple, because Keras would track lists.
        self.alignment_heads = tuple(alignment_heads or [None] * len(self.models))
        if not self.models:
            raise InputError("An ensemble needs at least one model. Received: none.")
        configs = [transformer_parts(model).config for model in self.models]
        for name in ("vocabulary_size", "target_vocabulary_size", "source_prefix", "target_prefix"):
            values = [getattr(config, name) for config in configs]
            if len(set(values)) > 1:
                received = ", ".join(map(str, values))
                raise InputError(f"The models of an ensemble must have the same `{name}`. Received: {received}.")

    @property
    def config(self) -> "TransformerConfig":
        """The config of the model with the smallest `max_length`, which is the limit of the ensemble."""
        configs = [transformer_parts(model).config for model in self.models]
        return min(configs, key=lambda config: config.max_length)

    def call(self, inputs, training=False):
        return mean_log_probabilities([model(inputs, training=training) for model in self.models])

    def get_config(self) -> dict[str, Any]:
        models = [keras.saving.serialize_keras_object(model) for model in self.models]
        return {**super().get_config(), "models": models, "alignment_heads": self.alignment_heads}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Self:
        models = [keras.saving.deserialize_keras_object(model, custom_objects) for model in config["models"]]
        return cls(**{**config, "models": models})


def mean_log_probabilities(logits):
    """Computes the logarithm of the mean probability of each token.

    The mean of equal models is exactly their log-softmax.

    Args:
        logits: a sequence of `(..., vocabulary_size)` float32, one of each model.

    Returns:
        `(..., vocabulary_size)` float32.
    """
    log_probs = [ops.log_softmax(part) for part in logits]
    largest = functools.reduce(ops.maximum, log_probs)
    total = functools.reduce(ops.add, [ops.exp(part - largest) for part in log_probs])
    return largest + ops.log(total / len(log_probs))


def models_of(model: keras.Model) -> list[keras.Model]:
    """Returns the models of an `Ensemble`, or a list of the model."""
    return model.models if isinstance(model, Ensemble) else [model]


def members_of(model: keras.Model) -> "tuple[TransformerParts, ...]":
    """Returns the `TransformerParts` of each of the `models_of` a model."""
    return tuple(transformer_parts(each) for each in models_of(model))


def config_of(model: keras.Model) -> "TransformerConfig":
    """Returns the `TransformerConfig` of a model or an ensemble."""
    return model.config if isinstance(model, Ensemble) else transformer_parts(model).config
