"""The folder of a trained model: config, tokenizers and weights. No file is pickled."""

import dataclasses
import functools
import pathlib

from keras_transformer.data import check_text_files, checked_lines
from keras_transformer.errors import InputError, short_repr
from keras_transformer.files.small_files import read_json, read_small_file
from keras_transformer.files.strict_json import json_text
from keras_transformer.files.whole_files import remove_leftovers, write_json, write_text, write_together
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.models.dtype_policy import merged_copy
from keras_transformer.models.quantization_note import QuantizationNote
from keras_transformer.models.quantized_layers import check_scales, has_lora, quantizations_of, quantize_layers
from keras_transformer.saving.streamed_weights import streamed_weights
from keras_transformer.saving.weights_file import (
    check_numbers,
    check_weights,
    compare_weights,
    load_weights,
    weights_content,
)
from keras_transformer.text import TextFacts, Tokenizers
from keras_transformer.text.tokenizers import FILE_NAMES, SHARED_NAME
from keras_transformer.version import __version__

FORMAT_VERSION = 1
CONFIG_NAME = "config.json"
WEIGHTS_NAME = "model.weights.h5"
VALIDATION_NAMES = ("validation.source.txt", "validation.target.txt")
SCORES_NAME = "scores.json"
TEST_NAMES = ("test.source.txt", "test.target.txt")
# Files with figures of a training: scores, history and model card.
_NAMES_OF_TRAINING = (SCORES_NAME, "history.csv", "README.md")


def save_model_folder(path, model, config, source_tokenizer, target_tokenizer, texts=None, is_trained_here=False):
    """Writes a model folder.

    A kill at any moment leaves the old model, the new model, or a folder without a config, which cannot be loaded.
    Layers that Keras quantised to int8 or int4 stay quantised. Low-rank updates (LoRA) are added to the kernels.

    Args:
        path: the folder. It is created if it is missing.
        model: the Keras model whose weights are saved.
        config: its `TransformerConfig`.
        source_tokenizer: the source's `Tokenizer`.
        target_tokenizer: the target's `Tokenizer`. If it is the source's, one file is written for both.
        texts: the `TextFacts`. Default None.
        is_trained_here: whether `scores.json`, `history.csv` and `README.md` of the folder are of this model. Default
            False: if the folder has a model, they are removed.

    Raises:
        InputError: the saved model could not be loaded again. Nothing was overwritten.
    """

    def weights_and_note():
        note = QuantizationNote(quantizations_of(model))
        check_numbers(model)
        return weights_content(merged_copy(model) if has_lora(model) else model), note

    _write_folder(
        path, weights_and_note, config, Tokenizers(source_tokenizer, target_tokenizer), texts, is_trained_here
    )


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
    _write_folder(path, lambda: (streamed_weights(config, parts), QuantizationNote({})), config, tokenizers, texts)


def _write_folder(path, weights_and_note, config, tokenizers, texts, is_trained_here=False):
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
        if not is_trained_here and any((path / name).is_file() for name in (CONFIG_NAME, WEIGHTS_NAME)):
            removed |= set(_NAMES_OF_TRAINING)
        write_together(path, files, CONFIG_NAME, removed)
    except ValueError as error:
        raise InputError(f"{path}: the model was not saved, because it could not be loaded again: {error}") from None


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


def load_scores(path):
    """Reads the scores of `save_scores`. Returns an empty dictionary if there are none.

    Raises:
        InputError: the file is damaged.
    """
    file = pathlib.Path(path) / SCORES_NAME
    return read_json(file) if file.exists() else {}


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


def validation_names(direction):
    """Returns the file names of the validation pairs of another direction than the default, `(source, target)` tags."""
    name = "-".join(language or "und" for language in direction)
    return tuple(f"validation.{name}.{side}.txt" for side in ("source", "target"))


def load_validation_pairs(path, direction=None):
    """Reads the validation pairs of the model folder, a list of `(source, target)`. It is empty without such files.

    Args:
        path: the folder.
        direction: the `Direction` of a multilingual model. Default: that of the folder.

    Raises:
        InputError: the two files do not match each other, or the model does not have a language.
    """
    names, texts = VALIDATION_NAMES, load_texts(path)
    if direction is not None and texts.directions:
        _, chosen = direction.applied(load_config(path), Tokenizers.load(path), texts)
        languages = (chosen.source_language, chosen.target_language)
        if languages != (texts.source_language, texts.target_language):
            names = validation_names(languages)
    files = [pathlib.Path(path) / name for name in names]
    if not all(file.is_file() for file in files):
        return []
    for file in files:
        read_small_file(file)  # Checks the size.
    check_text_files(*files)
    return list(zip(*map(checked_lines, files), strict=True))


def load_config(path):
    """Reads the `TransformerConfig` of a complete model folder.

    Raises:
        InputError: the folder is missing or incomplete, was written by a newer version, or has the weights or the
            tokenizers of another config.
    """
    return load_config_and_note(path)[0]


def load_config_and_note(path):
    """Reads the config and the `QuantizationNote`. A folder of an earlier version has no note."""
    path = pathlib.Path(path)
    if not path.is_dir():
        raise InputError(f"{path}: expected a model folder, but it does not exist.")
    _check_complete(path)
    try:
        fields = read_json(path / CONFIG_NAME)
        version = fields["format_version"]
        config_fields = dict(fields["model"])
        groups = fields.get("quantization")
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path / CONFIG_NAME}: expected the JSON of a model config; the file is damaged.") from None
    if version != FORMAT_VERSION:
        raise InputError(
            f"{path}: the model folder has format {short_repr(version)}, but this version ({__version__}) reads format "
            f"{FORMAT_VERSION}. Install the version of keras-transformer that wrote it, or a newer one."
        )
    try:
        config = TransformerConfig.from_dict(config_fields)
    except (ValueError, TypeError) as error:
        raise InputError(f"{path / CONFIG_NAME}: {error}") from None
    try:
        note = QuantizationNote.from_json(groups)
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{path / CONFIG_NAME}: `quantization`: {error}") from None
    # Checked before anything with the sizes of the config is allocated.
    check_weights(path / WEIGHTS_NAME, config, note)
    # SentencePiece takes minutes for a file of millions of tokens.
    sizes = Tokenizers.sizes_in(path)
    if sizes != (config.vocabulary_size, config.target_vocabulary_size):
        raise InputError(
            f"{path}: the config needs vocabularies of {config.vocabulary_size} and {config.target_vocabulary_size} "
            f"tokens, but the tokenizers have {sizes[0]} and {sizes[1]}. The folder has files of two models."
        )
    return config, note


def load_texts(path):
    """Reads the `TextFacts` of a model folder. Call `load_config` first to check the folder.

    Raises:
        InputError: the values in the config are not `TextFacts`.
    """
    file = pathlib.Path(path) / CONFIG_NAME
    fields = read_json(file)
    try:
        return TextFacts(**{field.name: fields.get(field.name) for field in dataclasses.fields(TextFacts)})
    except ValueError as error:
        raise InputError(f"{file}: {error}") from None


def load_model_folder(path, direction=None):
    """Loads a model folder.

    Args:
        path: the folder.
        direction: the `Direction` of a multilingual model. Default: that of the folder.

    Returns:
        The Keras model, the source's `Tokenizer` and the target's.

    Raises:
        InputError: the folder is missing, incomplete or of a newer version, its files do not match each other, or a
            multilingual model does not have a language.
    """
    path = pathlib.Path(path)
    config, note = load_config_and_note(path)
    tokenizers = Tokenizers.load(path)
    if direction is not None:
        config, _ = direction.applied(config, tokenizers, TextFacts())
    model = build_transformer(config)
    quantize_layers(model, note)
    load_weights(model, path / WEIGHTS_NAME)
    try:
        check_scales(model)
    except ValueError as error:
        raise InputError(f"{path / WEIGHTS_NAME}: {error}; the file is damaged.") from None
    return model, tokenizers.source, tokenizers.target


def _check_complete(path):
    missing = [name for name in (CONFIG_NAME, WEIGHTS_NAME) if not (path / name).is_file()]
    if not Tokenizers.is_saved_in(path):
        missing.append(SHARED_NAME)
    if missing:
        raise InputError(
            f"{path}: not a complete model folder, {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} "
            "missing. If its training was interrupted, continue with `keras-transformer train ... --resume`. If saving "
            "was interrupted, save the model again."
        )
