"""Reads a Hugging Face MarianMT folder, such as one of OPUS-MT."""

import pathlib

from keras_transformer.errors import InputError
from keras_transformer.files.small_files import read_json
from keras_transformer.importing.marian_config import read_marian_config
from keras_transformer.importing.marian_vocabulary import read_marian_vocabulary
from keras_transformer.importing.marian_weights import MarianWeights
from keras_transformer.importing.punctuation import punctuation_rules
from keras_transformer.importing.tensor_files import open_tensors
from keras_transformer.models import build_transformer, transformer_parts
from keras_transformer.saving.model_folder import save_streamed_folder
from keras_transformer.text import TextFacts
from keras_transformer.text.languages import known_language

_NAMES = ("config.json", "source.spm", "target.spm", "vocab.json")
_TOKENIZER_CONFIG = "tokenizer_config.json"


class MarianFolder:
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
        if not folder.is_dir():
            raise InputError(f"{folder}: expected a MarianMT folder, but it does not exist.")
        for name in _NAMES:
            if not (folder / name).is_file():
                raise InputError(f"{folder / name}: the file is missing. A MarianMT folder has {', '.join(_NAMES)}.")
        config = read_marian_config(folder)
        if not config.is_shared and not (folder / "target_vocab.json").is_file():
            raise InputError(f"{folder / 'target_vocab.json'}: the file is missing. The vocabularies are separate.")
        self._weights = MarianWeights(open_tensors(folder), config)
        self.texts = _texts(folder)
        rules = punctuation_rules(self.texts.source_language) if normalize_punctuation else None
        self.vocabulary = read_marian_vocabulary(folder, config, rules)
        sizes = (len(self.vocabulary.source.tokens), len(self.vocabulary.target.tokens))
        self.config = config.transformer_config(*sizes)
        self.tokenizers = self.vocabulary.tokenizers

    def model(self):
        """Returns the Keras model.

        Raises:
            InputError: a weight is not finite.
        """
        model = build_transformer(self.config)
        parts = transformer_parts(model)
        for name, start, rows in self._weights.parts(self.vocabulary):
            variable = parts.variable(name)
            if len(rows) == variable.shape[0]:
                variable.assign(rows)
            else:
                variable.value[start : start + len(rows)].assign(rows)
        return model

    def save(self, path):
        """Writes a model folder without a Keras model, which would need the memory of the weights once more.

        Raises:
            InputError: a weight is not finite. Nothing was written.
        """
        save_streamed_folder(path, self._weights.parts(self.vocabulary), self.config, self.tokenizers, self.texts)


def _texts(folder):
    """Returns the languages of the folder, or unknown ones. Transformers does not need them either."""
    path = folder / _TOKENIZER_CONFIG
    content = read_json(path) if path.is_file() else {}
    return TextFacts(*(known_language(content.get(f"{side}_lang")) for side in ("source", "target")))
