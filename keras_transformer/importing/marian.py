"""Reads a Hugging Face MarianMT folder, such as one of OPUS-MT."""

import pathlib

from keras_transformer.errors import InputError
from keras_transformer.files.small_files import read_json
from keras_transformer.importing.marian_config import read_marian_config
from keras_transformer.importing.marian_vocabulary import read_marian_vocabulary
from keras_transformer.importing.marian_weights import MarianWeights
from keras_transformer.importing.tensor_files import open_tensors
from keras_transformer.models import build_transformer
from keras_transformer.text import TextFacts
from keras_transformer.text.languages import known_language

_TOKENIZER_CONFIG = "tokenizer_config.json"


def import_marian(folder):
    """Reads a MarianMT folder without PyTorch and Transformers.

    Everything is checked before memory is taken for the model.

    Args:
        folder: path of the folder with `config.json`, `model.safetensors` or `pytorch_model.bin`, `source.spm`,
            `target.spm` and `vocab.json`; with separate vocabularies also `target_vocab.json`.

    Returns:
        The Keras model, the `Tokenizers` and the `TextFacts`.

    Raises:
        InputError: a file is missing, cut or damaged, the files do not match each other, or the model has an option
            that this library does not have. The message names the file.
    """
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: expected a MarianMT folder, but it does not exist.")
    names = ["config.json", "source.spm", "target.spm", "vocab.json"]
    for name in names:
        if not (folder / name).is_file():
            raise InputError(f"{folder / name}: the file is missing. A MarianMT folder has {', '.join(names)}.")
    config = read_marian_config(folder)
    if not config.is_shared and not (folder / "target_vocab.json").is_file():
        raise InputError(f"{folder / 'target_vocab.json'}: the file is missing. The vocabularies are separate.")
    weights = MarianWeights(open_tensors(folder), config)
    vocabulary = read_marian_vocabulary(folder, config)
    sizes = (len(vocabulary.source.tokens), len(vocabulary.target.tokens))
    model = build_transformer(config.transformer_config(*sizes))
    weights.load(model, vocabulary)
    return model, vocabulary.tokenizers, _texts(folder)


def _texts(folder):
    """Returns the languages of the folder, or unknown ones. Transformers does not need them either."""
    path = folder / _TOKENIZER_CONFIG
    content = read_json(path) if path.is_file() else {}
    return TextFacts(*(known_language(content.get(f"{side}_lang")) for side in ("source", "target")))
