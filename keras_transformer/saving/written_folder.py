"""Writes the files of a model folder, without Keras and TensorFlow."""

import functools
import pathlib

from keras_transformer.errors import InputError
from keras_transformer.files.strict_json import json_text
from keras_transformer.files.whole_files import remove_leftovers, write_json, write_text, write_together
from keras_transformer.models.quantization_note import QuantizationNote
from keras_transformer.saving.model_files import CONFIG_NAME, FORMAT_VERSION, SCORES_NAME, SHORTLIST_NAME, WEIGHTS_NAME
from keras_transformer.saving.streamed_weights import streamed_weights
from keras_transformer.saving.weights_check import compare_weights
from keras_transformer.text import TextFacts
from keras_transformer.text.tokenizers import FILE_NAMES
from keras_transformer.version import __version__

# Files with figures of a training: scores, history and model card.
_NAMES_OF_TRAINING = (SCORES_NAME, "history.csv", "README.md")


def save_streamed_folder(path, parts, config, tokenizers, texts=None):
    """Writes a model folder from weights that are read one at a time, without a model.

    Args:
        path: the folder. It is created if it is missing.
        parts: the weights, see `streamed_weights`.
        config: the `TransformerConfig`.
        tokenizers: the `Tokenizers`.
        texts: the `TextFacts`. Default None.

    Raises:
        InputError: the saved model could not be loaded again. Nothing was overwritten.
    """
    write_model_folder(path, lambda: (streamed_weights(config, parts), QuantizationNote({})), config, tokenizers, texts)


def write_model_folder(path, weights_and_note, config, tokenizers, texts, is_trained_here=False):
    """Writes a model folder, see `save_model_folder`.

    Args:
        path, config, texts, is_trained_here: see there.
        weights_and_note: a function that returns the bytes of the weights file and the `QuantizationNote`.
        tokenizers: the `Tokenizers`.
    """
    path = pathlib.Path(path)
    tokenizers = tokenizers.files
    try:
        weights, note = weights_and_note()
        content = json_text(_config_fields(config, texts, note), indent=2) + "\n"

        def write_weights(file):
            file.write_bytes(weights)
            # After the check, so that a model that cannot be loaded does not replace another.
            compare_weights(file, config, note)

        files = {
            WEIGHTS_NAME: write_weights,
            **{name: functools.partial(_write_bytes, tokenizer.model) for name, tokenizer in tokenizers.items()},
            CONFIG_NAME: lambda file: file.write_text(content, encoding="utf-8", newline=""),
        }
        remove_leftovers(path)
        removed = set(FILE_NAMES) - set(tokenizers)
        if any(not _has_content(path / name, tokenizer.model) for name, tokenizer in tokenizers.items()):
            removed.add(SHORTLIST_NAME)  # It has token ids of the earlier vocabulary.
        if not is_trained_here and any((path / name).is_file() for name in (CONFIG_NAME, WEIGHTS_NAME)):
            removed |= set(_NAMES_OF_TRAINING)
        write_together(path, files, CONFIG_NAME, removed)
    except ValueError as error:
        raise InputError(f"{path}: the model was not saved, because it could not be loaded again: {error}") from None


def _has_content(path, content):
    return path.is_file() and path.read_bytes() == content


def _write_bytes(content, file):
    file.write_bytes(content)


def _config_fields(config, texts, note):
    fields = {"format_version": FORMAT_VERSION, "keras_transformer": __version__, "model": config.to_dict()}
    fields |= (texts or TextFacts()).to_dict()
    groups = note.to_json(config)
    return fields if groups is None else {**fields, "quantization": groups}


def save_scores(path, scores):
    """Writes the model's scores on validation sentences, or removes the scores of an earlier model.

    Args:
        path: the model folder.
        scores: a dictionary for JSON, or None to remove earlier scores.
    """
    if scores is None:
        (path / SCORES_NAME).unlink(missing_ok=True)
    else:
        write_json(path / SCORES_NAME, scores)


def save_pairs(path, names, pairs):
    """Writes sentence pairs to the model folder: validation pairs for the comparison of exports, or the test set.

    Args:
        path: the model folder.
        names: names of the files of source and target.
        pairs: `(source, target)` strings.
    """
    sides = list(zip(*pairs, strict=True)) or [(), ()]
    for name, side in zip(names, sides, strict=True):
        write_text(path / name, "".join(line + "\n" for line in side))
