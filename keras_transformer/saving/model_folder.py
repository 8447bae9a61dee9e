"""The folder that holds a trained model: config, tokenizers, weights; nothing in it is pickled."""

import dataclasses
import functools
import pathlib

from keras_transformer.data import check_text_files, checked_lines
from keras_transformer.errors import InputError
from keras_transformer.files.small_files import read_json, read_small_file
from keras_transformer.files.strict_json import json_text
from keras_transformer.files.whole_files import remove_leftovers, write_json, write_text, write_together
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.models.dtype_policy import merged_copy
from keras_transformer.models.quantization_note import QuantizationNote
from keras_transformer.models.quantized_layers import check_scales, has_lora, quantizations_of, quantize_layers
from keras_transformer.saving.tokenizer_files import (
    SHARED_TOKENIZER_NAME,
    has_tokenizers,
    load_tokenizers,
    tokenizer_files,
)
from keras_transformer.saving.weights_file import (
    check_numbers,
    check_weights,
    compare_weights,
    load_weights,
    weights_content,
)
from keras_transformer.text import TextFacts
from keras_transformer.version import __version__

FORMAT_VERSION = 1
CONFIG_NAME = "config.json"
WEIGHTS_NAME = "model.weights.h5"
VALIDATION_NAMES = ("validation.source.txt", "validation.target.txt")
SCORES_NAME = "scores.json"
TEST_NAMES = ("test.source.txt", "test.target.txt")


def save_model_folder(path, model, config, source_tokenizer, target_tokenizer, texts=None):
    """Writes a model folder.

    A kill at any moment leaves the old model, the new one, or a folder without a config, which is not loaded. Layers
    that Keras quantised to int8 or int4 stay quantised. Updates of low rank (LoRA) are added to the kernels.

    Args:
        path: the folder; made where it is missing.
        model: the Keras model whose weights are saved.
        config: its `TransformerConfig`.
        source_tokenizer: the source's `Tokenizer`.
        target_tokenizer: the target's `Tokenizer`; where it is the source's, one file serves both.
        texts: the `TextFacts`. Default None.

    Raises:
        InputError: what would be written could not be loaded again; nothing was written over.
    """
    path = pathlib.Path(path)
    tokenizers, removed = tokenizer_files(source_tokenizer, target_tokenizer)
    try:
        note = QuantizationNote(quantizations_of(model))
        check_numbers(model)
        weights = weights_content(merged_copy(model) if has_lora(model) else model)
        content = json_text(_config_fields(config, texts, note), indent=2) + "\n"

        def write_weights(file):
            file.write_bytes(weights)
            # Only now, so that a model that cannot be loaded again replaces nothing.
            compare_weights(file, config, note)

        files = {
            WEIGHTS_NAME: write_weights,
            **{name: functools.partial(_write_bytes, tokenizer.model) for name, tokenizer in tokenizers.items()},
            CONFIG_NAME: lambda file: file.write_text(content, encoding="utf-8", newline=""),
        }
        remove_leftovers(path)
        write_together(path, files, CONFIG_NAME, removed)
    except ValueError as error:
        raise InputError(f"{path}: the model was not saved, it could not be loaded again: {error}") from None


def _write_bytes(content, file):
    file.write_bytes(content)


def _config_fields(config, texts, note):
    fields = {"format_version": FORMAT_VERSION, "keras_transformer": __version__, "model": config.to_dict()}
    fields |= (texts or TextFacts()).to_dict()
    groups = note.to_json(config)
    return fields if groups is None else {**fields, "quantization": groups}


def save_scores(path, scores):
    """Keeps what the model scores on validation sentences; without scores none stay of a model that was there before.

    Args:
        path: the model folder.
        scores: a dictionary that JSON can hold, or None.
    """
    if scores is None:
        (path / SCORES_NAME).unlink(missing_ok=True)
    else:
        write_json(path / SCORES_NAME, scores)


def load_scores(path):
    """What `save_scores` kept; an empty dictionary where nothing is.

    Raises:
        InputError: the file is damaged.
    """
    file = pathlib.Path(path) / SCORES_NAME
    return read_json(file) if file.exists() else {}


def save_pairs(path, names, pairs):
    """Keeps sentence pairs with the model: some of validation, by which an export is compared with it, or the test set.

    Args:
        path: the model folder.
        names: names of the source's file and the target's.
        pairs: `(source, target)` strings.
    """
    sides = list(zip(*pairs, strict=True)) or [(), ()]
    for name, side in zip(names, sides, strict=True):
        write_text(path / name, "".join(line + "\n" for line in side))


def load_validation_pairs(path):
    """The sentence pairs that were kept with the model, a list of `(source, target)`; empty where there are none.

    Raises:
        InputError: the files were changed so that they no longer fit each other.
    """
    files = [pathlib.Path(path) / name for name in VALIDATION_NAMES]
    if not all(file.is_file() for file in files):
        return []
    for file in files:
        read_small_file(file)  # Nothing longer is kept.
    check_text_files(*files)
    return list(zip(*map(checked_lines, files), strict=True))


def load_config(path):
    """The `TransformerConfig` of a complete model folder.

    Raises:
        InputError: there is no such folder, it is incomplete, it was written by a newer version, or its weights are
            those of another config.
    """
    return _load_config_and_note(path)[0]


def _load_config_and_note(path):
    """The config and the `QuantizationNote`; a folder of an earlier version has none."""
    path = pathlib.Path(path)
    if not path.is_dir():
        raise InputError(f"{path}: expected a model folder, but there is none.")
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
            f"{path}: the model folder has format {version}, but this version ({__version__}) reads format "
            f"{FORMAT_VERSION}; install the keras-transformer that wrote it, or a newer one."
        )
    try:
        config = TransformerConfig.from_dict(config_fields)
    except (ValueError, TypeError) as error:
        raise InputError(f"{path / CONFIG_NAME}: {error}") from None
    try:
        note = QuantizationNote.from_json(groups)
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{path / CONFIG_NAME}: `quantization`: {error}") from None
    # Before anything of the sizes in the config is made.
    check_weights(path / WEIGHTS_NAME, config, note)
    return config, note


def load_texts(path):
    """The `TextFacts` of a model folder, whose config `load_config` has found to be right.

    Raises:
        InputError: the config holds something else in their place.
    """
    file = pathlib.Path(path) / CONFIG_NAME
    fields = read_json(file)
    try:
        return TextFacts(**{field.name: fields.get(field.name) for field in dataclasses.fields(TextFacts)})
    except ValueError as error:
        raise InputError(f"{file}: {error}") from None


def load_model_folder(path):
    """Loads a model folder.

    Args:
        path: the folder.

    Returns:
        The Keras model, the source's and the target's `Tokenizer`.

    Raises:
        InputError: the folder is missing, incomplete, of a newer version, or its files do not fit each other.
    """
    path = pathlib.Path(path)
    config, note = _load_config_and_note(path)
    source_tokenizer, target_tokenizer = load_tokenizers(path)
    sizes = (source_tokenizer.vocabulary_size, target_tokenizer.vocabulary_size)
    if sizes != (config.vocabulary_size, config.target_vocabulary_size):
        raise InputError(
            f"{path}: the config wants vocabularies of {config.vocabulary_size} and {config.target_vocabulary_size} "
            f"tokens, but the tokenizers have {sizes[0]} and {sizes[1]}; the folder mixes two models."
        )
    model = build_transformer(config)
    quantize_layers(model, note)
    load_weights(model, path / WEIGHTS_NAME)
    try:
        check_scales(model)
    except ValueError as error:
        raise InputError(f"{path / WEIGHTS_NAME}: {error}; the file is damaged.") from None
    return model, source_tokenizer, target_tokenizer


def _check_complete(path):
    missing = [name for name in (CONFIG_NAME, WEIGHTS_NAME) if not (path / name).is_file()]
    if not has_tokenizers(path):
        missing.append(SHARED_TOKENIZER_NAME)
    if missing:
        raise InputError(
            f"{path}: not a complete model folder, {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} "
            "missing; if its training was interrupted, go on with `keras-transformer train ... --resume`; if saving it "
            "was, save it again."
        )
