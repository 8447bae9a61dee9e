"""Reads a Hugging Face MarianMT folder, such as one of OPUS-MT."""

import pathlib

from keras_transformer.importing.imported_folder import ImportedFolder, check_files
from keras_transformer.importing.marian_config import read_marian_config
from keras_transformer.importing.marian_vocabulary import read_marian_vocabulary, vocabulary_names
from keras_transformer.importing.punctuation import punctuation_rules
from keras_transformer.importing.tensor_files import open_tensors
from keras_transformer.importing.transformers_config import read_tokenizer_config
from keras_transformer.importing.transformers_weights import TransformersWeights
from keras_transformer.text import TextFacts
from keras_transformer.text.languages import known_language

_NAMES = ("config.json", "source.spm", "target.spm")


class MarianFolder(ImportedFolder):
    """A MarianMT folder, checked as far as possible without reading the weights. It needs no PyTorch and Transformers.

    Args:
        folder: path of the folder with `config.json`, `model.safetensors` or `pytorch_model.bin`, `source.spm`,
            `target.spm` and `vocab.json`; with separate vocabularies also `target_vocab.json`.
        normalize_punctuation: whether the source's tokenizer normalises punctuation as the training text of OPUS-MT
            was, see `punctuation_rules`. Default False, as in Transformers.

    Raises:
        InputError: a file is missing, cut or damaged, the files do not match each other, or the model has an option
            that this library does not have. The message names the file.
    """

    def __init__(self, folder, normalize_punctuation=False):
        folder = pathlib.Path(folder)
        check_files(folder, "MarianMT", dict.fromkeys((*_NAMES, *vocabulary_names(folder))))
        config = read_marian_config(folder)
        weights = TransformersWeights(open_tensors(folder), config)
        config = weights.config
        texts = _texts(folder)
        rules = punctuation_rules(texts.source_language) if normalize_punctuation else None
        vocabulary = read_marian_vocabulary(folder, config, rules)
        sizes = (len(vocabulary.source.tokens), len(vocabulary.target.tokens))
        config = config._replace(is_shared=vocabulary.source is vocabulary.target)
        super().__init__(weights, vocabulary, config.transformer_config(*sizes), texts)


def _texts(folder):
    """Returns the languages of the folder, or unknown ones. Transformers does not need them either."""
    content = read_tokenizer_config(folder)
    return TextFacts(*(known_language(content.get(f"{side}_lang")) for side in ("source", "target")))
