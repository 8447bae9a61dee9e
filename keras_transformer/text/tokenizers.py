import dataclasses
import functools
import os
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from keras_transformer.text.placeholder_kinds import placeholder_kinds
from keras_transformer.text.tokenizer import Tokenizer, count_tokens

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_transformer.text.placeholders import Placeholders


SHARED_NAME = "tokenizer.model"
SOURCE_NAME, TARGET_NAME = "source.model", "target.model"
FILE_NAMES = (SHARED_NAME, SOURCE_NAME, TARGET_NAME)


@dataclasses.dataclass(frozen=True)
class Tokenizers:
    """The tokenizers of source and target of a model. They can be the same.

    `Translator`, `token_batches` and `TranslationScores` accept it instead of two tokenizers.

    Args:
        source: the source's `Tokenizer`.
        target: the target's `Tokenizer`. Default: the source's.

    Example:

    >>> tokenizers = kt.Tokenizers(tokenizer)  # One tokenizer for both languages.
    >>> token_ids = tokenizers.encode_source(["나는 어제 카페에 갔다.", ""], max_length=64)
    >>> tokenizers.decode_target(token_ids)
    ['나는 어제 카페에 갔다.', '']
    >>> tokenizers.save("vocabulary")
    """

    source: Tokenizer
    target: Tokenizer | None = None

    def __post_init__(self):
        if self.target is None or self.target == self.source:
            object.__setattr__(self, "target", self.source)

    @classmethod
    def of(cls, source: "Tokenizer | Tokenizers", target: Tokenizer | None = None) -> Self:
        """Returns `source` if it is a `Tokenizers`, otherwise the `Tokenizers` of both arguments.

        Raises:
            ValueError: a target is given together with a `Tokenizers`.
        """
        if not isinstance(source, Tokenizers):
            return cls(source, target)
        if target is not None:
            raise ValueError(
                "Expected a `Tokenizers` alone, or a source's and a target's tokenizer. Received: a `Tokenizers` and "
                f"{target!r}. Remove the second argument."
            )
        return source

    @functools.cached_property
    def placeholder_kinds(self) -> tuple[str, ...]:
        """The kinds of placeholders whose symbols both vocabularies have."""
        of_source, of_target = (placeholder_kinds(side.symbols) for side in (self.source, self.target))
        return tuple(kind for kind in of_source if kind in of_target)

    @functools.cached_property
    def placeholders(self) -> "Placeholders | None":
        """The `Placeholders` of the `placeholder_kinds`, or None without such symbols."""
        from keras_transformer.text.placeholders import Placeholders  # noqa: PLC0415 (imports TensorFlow)

        return Placeholders(self.placeholder_kinds) if self.placeholder_kinds else None

    @property
    def is_shared(self) -> bool:
        """Whether source and target have the same vocabulary."""
        return self.target is self.source

    @property
    def file_names(self) -> tuple[str, str]:
        """The file names of source and target in a folder of `save`."""
        return (SHARED_NAME,) * 2 if self.is_shared else (SOURCE_NAME, TARGET_NAME)

    @property
    def files(self) -> dict[str, Tokenizer]:
        """The tokenizers by file name. `save` writes these files and removes the other `FILE_NAMES`."""
        return dict(zip(self.file_names, (self.source, self.target), strict=True))

    def check_sizes(self, source_size: int, target_size: int) -> None:
        """Raises a ValueError unless the tokenizers have a model's numbers of tokens."""
        for side, tokenizer, size in (("source", self.source, source_size), ("target", self.target, target_size)):
            if tokenizer.vocabulary_size != size:
                raise ValueError(
                    f"The {side} tokenizer must have as many tokens as the model. Received: a tokenizer of "
                    f"{tokenizer.vocabulary_size} tokens and a model of {size}."
                )

    def encode_source(self, texts: "Sequence[str] | tf.Tensor", max_length: int) -> "tf.Tensor":
        """Returns token ids of source texts, inside or outside of a graph.

        Args:
            texts: `(batch,)` strings, a tensor, list, tuple or array.
            max_length: maximum length of a row in tokens, including the end token. Longer texts are cut, and the end
                token is kept.

        Returns:
            `(batch, length)` int32, padded with 0. The row of a blank text is only padding, without the end token. Its
            translation is empty.

        Raises:
            ValueError: `texts` are not strings, or have a lone surrogate.
        """
        from keras_transformer.text.token_rows import padded_ids, token_rows  # noqa: PLC0415 (imports TensorFlow)

        return padded_ids(token_rows(self.source, texts), max_length)

    def encode_target(self, texts: "Sequence[str] | tf.Tensor", max_length: int) -> "tf.Tensor":
        """Returns token ids of target texts as `encode_source` does, for scores.

        A blank text has the end token. Tokens that are never generated are the unknown token.
        """
        from keras_transformer.text.token_rows import label_ids, padded_ids, token_rows  # noqa: PLC0415

        return padded_ids(label_ids(self.target, token_rows(self.target, texts)), max_length, empty_has_end=True)

    def decode_target(self, token_ids: "tf.Tensor | tf.RaggedTensor") -> list[str]:
        """Returns the texts of target token ids, without special tokens. Inside a graph, use `target.detokenize`.

        Args:
            token_ids: `tf.RaggedTensor` `(batch, None)` or `(batch, length)` int32.

        Returns:
            A list of strings.
        """
        return [text.decode("utf-8") for text in self.target.detokenize(token_ids).numpy()]

    def save(self, folder: str | os.PathLike, name: str | None = None) -> None:
        """Writes one SentencePiece model if source and target share it, otherwise two, and removes other models.

        Args:
            folder: an existing folder.
            name: prefix of the file names `NAME.model`, or `NAME.source.model` and `NAME.target.model`.
                Default: `tokenizer.model`, or `source.model` and `target.model`.
        """
        folder = pathlib.Path(folder)
        for file_name, tokenizer in self.files.items():
            tokenizer.save(folder / _named(file_name, name))
        for file_name in set(FILE_NAMES) - set(self.files):
            (folder / _named(file_name, name)).unlink(missing_ok=True)

    @classmethod
    def load(cls, folder: str | os.PathLike) -> Self:
        """Loads the tokenizers of a folder of `save`, such as a model folder.

        Raises:
            InputError: a file is not a SentencePiece model, or has other special tokens.
            FileNotFoundError: a file is missing.
        """
        folder = pathlib.Path(folder)
        if (folder / SHARED_NAME).is_file():
            return cls(Tokenizer.load(folder / SHARED_NAME))
        return cls(Tokenizer.load(folder / SOURCE_NAME), Tokenizer.load(folder / TARGET_NAME))

    @classmethod
    def sizes_in(cls, folder: str | os.PathLike) -> tuple[int, int]:
        """Returns the numbers of tokens of source and target in a folder of `save`, without loading the tokenizers.

        Raises:
            InputError: a file is not a SentencePiece model.
            FileNotFoundError: a file is missing.
        """
        folder = pathlib.Path(folder)
        if (folder / SHARED_NAME).is_file():
            return (count_tokens(folder / SHARED_NAME),) * 2
        return count_tokens(folder / SOURCE_NAME), count_tokens(folder / TARGET_NAME)

    @classmethod
    def is_saved_in(cls, folder: str | os.PathLike) -> bool:
        """Returns whether a folder has the files of `load`."""
        folder = pathlib.Path(folder)
        return (folder / SHARED_NAME).is_file() or all((folder / name).is_file() for name in (SOURCE_NAME, TARGET_NAME))


def _named(file_name, name):
    if name is None:
        return file_name
    return f"{name}.model" if file_name == SHARED_NAME else f"{name}.{file_name}"
