"""Reads a Hugging Face folder of M2M100 or NLLB."""

import pathlib

from keras_transformer.errors import InputError
from keras_transformer.importing.imported_folder import ImportedFolder, check_files
from keras_transformer.importing.m2m100_config import read_m2m100_config
from keras_transformer.importing.m2m100_vocabulary import PIECES_NAME, VOCABULARY_NAME, read_m2m100_vocabulary
from keras_transformer.importing.tensor_files import open_tensors
from keras_transformer.importing.transformers_config import TOKENIZER_CONFIG, read_tokenizer_config
from keras_transformer.importing.transformers_weights import TransformersWeights
from keras_transformer.text import TextFacts
from keras_transformer.text.direction import Direction


class M2M100Folder(ImportedFolder):
    """A folder of M2M100 or NLLB, checked as far as possible without reading the weights.

    Args:
        folder: path of the folder with `config.json`, `model.safetensors` or `pytorch_model.bin`,
            `tokenizer_config.json` and the vocabulary: `sentencepiece.bpe.model` and `vocab.json` of M2M100, or
            `tokenizer.json` of NLLB.
        direction: the `Direction` of the model. Default: that of `tokenizer_config.json`.

    Raises:
        InputError: a file is missing, cut or damaged, the files do not match each other, the model has an option that
            this library does not have, or it does not have a language. The message names the file.
    """

    def __init__(self, folder, direction=None):
        folder = pathlib.Path(folder)
        names = (PIECES_NAME,) if (folder / VOCABULARY_NAME).is_file() else ()
        check_files(folder, "M2M100 or NLLB", ("config.json", TOKENIZER_CONFIG, *names))
        config = read_m2m100_config(folder)
        path = folder / TOKENIZER_CONFIG
        settings = read_tokenizer_config(folder)
        if settings.get("legacy_behaviour"):
            raise InputError(f"{path}: `legacy_behaviour`, the language after the text, is not supported.")
        tensors = open_tensors(folder)
        weights = TransformersWeights(tensors, config)
        if weights.config != config:
            raise InputError(f"{tensors.path}: expected one table for encoder, decoder and output, but they differ.")
        vocabulary = read_m2m100_vocabulary(folder, config, settings)
        tokens = len(vocabulary.source.tokens)
        sides = zip(direction or Direction(), ("src_lang", "tgt_lang"))
        direction = Direction(*(given or settings.get(key) for given, key in sides))
        fields, texts = config.transformer_config(tokens, tokens, source_prefix=0, target_prefix=0), TextFacts()
        for side, language in direction._asdict().items():
            if not isinstance(language, str):
                raise InputError(
                    f"{path}: no {side} language is set. Set it with --{side}-language, in Python `{side}_language`."
                )
        try:
            fields, texts = direction.applied(fields, vocabulary.tokenizers, texts)
        except InputError as error:
            raise InputError(f"{folder}: {error}") from None
        super().__init__(weights, vocabulary, fields, texts)
