"""A training of several directions: sources with tags in training, and a finished model that inserts the tag."""

import dataclasses
import itertools

from keras_transformer.data import text_of_pairs
from keras_transformer.models import build_transformer
from keras_transformer.saving.model_files import VALIDATION_NAMES, validation_names
from keras_transformer.saving.written_folder import save_pairs
from keras_transformer.text import Tokenizers
from keras_transformer.text.tagged_tokenizer import TaggedTokenizer
from keras_transformer.text.target_tags import find_target_tag, target_tag
from keras_transformer.trainer.recipe_data import validation_of_directions
from keras_transformer.translator import Translator


def tokenizers_of_training(data, tokenizers):
    """Returns the `Tokenizers` of the training text, whose sources begin with tags if there are several directions.

    Args:
        data: the `[data]` section.
        tokenizers: the `Tokenizers` of the model.
    """
    return Tokenizers(TaggedTokenizer(tokenizers.source), tokenizers.target) if data.directions else tokenizers


def finished_config(data, config, tokenizers):
    """Returns the `TransformerConfig` of the finished model. With several directions, it inserts the tag of the first.

    Args:
        data: the `[data]` section.
        config: the `TransformerConfig` of the training.
        tokenizers: the `Tokenizers` of the model.
    """
    if not data.directions:
        return config
    tag = find_target_tag(tokenizers.source, data.directions[0][1])
    return dataclasses.replace(config, source_prefix=tag.token_id)


def finished_translator(translator, config, tokenizers):
    """Returns the `Translator` of the finished model.

    Args:
        translator: the `Translator` of the training, or None.
        config: the `finished_config`.
        tokenizers: the `Tokenizers` of the model.
    """
    if translator is None or translator.config == config:
        return translator
    model = build_transformer(config)
    model.set_weights(translator.model.get_weights())
    return Translator(model, tokenizers, texts=translator.texts)


def save_validation_pairs(path, data, validation, count):
    """Writes the first validation pairs of each direction to the model folder.

    Args:
        path: the model folder.
        data: the `[data]` section.
        validation: `tf.data.Dataset` of the validation pairs of a model of one direction.
        count: maximum number of pairs of a direction.
    """
    if not data.directions or data.held_out:
        names = {VALIDATION_NAMES: validation}
    else:
        default, *others = validation_of_directions(data).items()
        names = {VALIDATION_NAMES: default[1]}
        names |= {validation_names(direction): pairs for direction, pairs in others}
    for files, pairs in names.items():
        save_pairs(path, files, itertools.islice(text_of_pairs(pairs), count))


def scores_of_directions(data, score, count):
    """Scores the validation pairs of each direction.

    Args:
        data: the `[data]` section.
        score: function from a list of `(source, target)` strings to a dictionary of scores. Sources have tags.
        count: maximum number of pairs of a direction.

    Returns:
        The scores of the first direction, with a list of those of all directions as `directions`.
    """
    found = []
    for (source, target), pairs in validation_of_directions(data).items():
        tag = target_tag(target)
        tagged = [(f"{tag} {text}", reference) for text, reference in itertools.islice(text_of_pairs(pairs), count)]
        found.append({"direction": {"source": source, "target": target}, **score(tagged)})
    return {**found[0], "directions": found}
