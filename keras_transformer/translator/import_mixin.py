import os
from typing import Self

from keras_transformer.errors import InputError
from keras_transformer.importing import M2M100Folder, MarianFolder, OpenNMTTFFolder, folder_class, preset_folder
from keras_transformer.text.direction import Direction


class ImportMixin:
    """The methods of `Translator` that read models of other toolkits."""

    @classmethod
    def from_marian(cls, folder: str | os.PathLike, normalize_punctuation: bool = False) -> Self:
        """Reads a Hugging Face MarianMT folder, such as one of OPUS-MT, without PyTorch and Transformers.

        With `normalize_punctuation`, quotation marks, dashes and so on are normalised as in the text of OPUS-MT.

        Raises:
            InputError: a file is missing, damaged or does not match another, or an option is not supported.
        """
        found = MarianFolder(folder, normalize_punctuation)
        return cls(found.model(), found.tokenizers, texts=found.texts)

    @classmethod
    def from_m2m100(
        cls, folder: str | os.PathLike, source_language: str | None = None, target_language: str | None = None
    ) -> Self:
        """Reads a Hugging Face folder of M2M100 or NLLB, without PyTorch and Transformers.

        Args:
            folder: the folder.
            source_language, target_language: the direction: a code of the model, such as "en" or "eng_Latn", or a BCP
                47 tag. Default: those of `tokenizer_config.json`.

        Raises:
            InputError: a file is missing, damaged or does not match another, an option is not supported, or the model
                does not have a language.
        """
        found = M2M100Folder(folder, Direction(source_language, target_language))
        return cls(found.model(), found.tokenizers, texts=found.texts)

    @classmethod
    def from_opennmt_tf(
        cls,
        checkpoint: str | os.PathLike,
        source_vocabulary: str | os.PathLike | None = None,
        target_vocabulary: str | os.PathLike | None = None,
        source_tokenizer: str | os.PathLike | None = None,
        target_tokenizer: str | os.PathLike | None = None,
        num_heads: int | None = None,
        activation: str | None = None,
        source_end: bool | None = None,
    ) -> Self:
        """Reads a Transformer of OpenNMT-tf 2 from its checkpoint, without OpenNMT-tf.

        Args:
            checkpoint: the folder of a run with `checkpoint` and `ckpt-N.index`, or one checkpoint, such as
                "run/ckpt-5000".
            source_vocabulary, target_vocabulary: the vocabularies. Default: files of the folder.
            source_tokenizer, target_tokenizer: the SentencePiece models. Default: those of the folder that fit the
                vocabularies. Without one, tokens are separated by spaces.
            num_heads: number of attention heads. Default: that of `model_description.py`, or of the model type of the
                same size.
            activation: activation of the feed-forward networks. Default: that of `model_description.py`, or "relu".
            source_end: whether the source ends with the end token. Default False, as in OpenNMT-tf.

        Raises:
            InputError: a file is missing, damaged or does not match another, or an option is not supported.
        """
        vocabularies = source_vocabulary, target_vocabulary, source_tokenizer, target_tokenizer
        found = OpenNMTTFFolder(checkpoint, *vocabularies, num_heads, activation, source_end)
        return cls(found.model(), found.tokenizers, texts=found.texts)

    @classmethod
    def from_preset(
        cls, address: str | os.PathLike, source_language: str | None = None, target_language: str | None = None
    ) -> Self:
        """Loads a model folder or a folder of another toolkit, or "hf://user/model" with the extra `hub`.

        Args:
            address: path of a folder, or "hf://user/model", or "hf://user/model@revision".
            source_language, target_language: see `load` and `from_m2m100`.

        Raises:
            InputError: see `load`, `from_marian`, `from_m2m100` and `from_opennmt_tf`, or the hub cannot be reached or
                does not have the model.

        Example:

        >>> kt.Translator.from_preset("models/phrases").config.hidden_dim
        32
        """
        folder = preset_folder(address)
        kind = folder_class(folder)
        if kind is MarianFolder:
            if source_language or target_language:
                raise InputError(f"{address}: a MarianMT model has no choice of languages. Remove them.")
            return cls.from_marian(folder)
        if kind is OpenNMTTFFolder:
            found = OpenNMTTFFolder(folder, direction=Direction(source_language, target_language))
            return cls(found.model(), found.tokenizers, texts=found.texts)
        load = cls.from_m2m100 if kind is M2M100Folder else cls.load
        return load(folder, source_language, target_language)
