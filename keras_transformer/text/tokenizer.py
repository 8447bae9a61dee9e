import functools
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import sentencepiece
from google.protobuf.message import DecodeError
from sentencepiece import sentencepiece_model_pb2

from keras_transformer.errors import InputError
from keras_transformer.files.small_files import read_small_file
from keras_transformer.files.whole_files import write_whole
from keras_transformer.special_tokens import END_ID, PADDING_ID, START_ID, UNKNOWN_ID
from keras_transformer.text.character_map import check_character_maps
from keras_transformer.text.model_records import check_records
from keras_transformer.text.word_positions import word_positions

if TYPE_CHECKING:
    import tensorflow as tf

# Maximum size of a model, and maximum number of tokens. SentencePiece takes about 10 seconds for so many.
_MOST_BYTES = 64 * 2**20
_MOST_TOKENS = 2**20

# The control token after which a vocabulary has only tokens that are never generated.
UNKNOWN_PIECES = "<unknown-pieces>"

_Spec = sentencepiece_model_pb2.TrainerSpec
_OTHER_FILE = "expected a SentencePiece model, but this is another file. Learn a new vocabulary."


class Tokenizer:
    """Converts text to token ids and back inside the TensorFlow graph with a SentencePiece model.

    The model includes its normalisation rules. With the rules "identity", any text can be restored exactly, except that
    tabs and line ends become spaces, several spaces become one space, and spaces at both ends are dropped. With all
    rules, U+2581, SentencePiece's character for a space, becomes a space.

    Args:
        model: the bytes of a SentencePiece model. Its padding, unknown, start and end tokens have the ids 0 to 3, as in
            models of `learn_vocabulary`.

    Raises:
        InputError: the bytes are not a SentencePiece model, it has more than 1,048,576 tokens, or its special tokens
            have other ids.

    Example:

    >>> tokenizer = kt.text.learn_vocabulary(["a small text", "another one"])
    >>> tokenizer.detokenize(tokenizer.tokenize(["a text"])).numpy()
    array([b'a text'], dtype=object)
    """

    def __init__(self, model: bytes):
        self.model = bytes(model)
        self._pieces = _checked_processor(self.model)

    def __eq__(self, other):
        """Returns whether both have the same SentencePiece model."""
        return isinstance(other, Tokenizer) and self.model == other.model

    def __hash__(self):
        return hash(self.model)

    @classmethod
    def load(cls, path: str | os.PathLike) -> Self:
        """Loads a tokenizer from a SentencePiece model file."""
        content = read_small_file(path, _MOST_BYTES)
        try:
            return cls(content)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None

    def save(self, path: str | os.PathLike) -> None:
        """Writes the SentencePiece model file."""
        write_whole(path, lambda file: file.write_bytes(self.model))

    @property
    def vocabulary_size(self) -> int:
        """Number of tokens, including the four special tokens."""
        return self._pieces.vocab_size()

    @property
    def trackable(self) -> "tf.Module":
        """The resource of the tokenizer. A `tf.Module` needs it as an attribute. Otherwise, its SavedModel lacks it."""
        return self._graph.tokenizer

    @functools.cached_property
    def _graph(self):
        """The `GraphTokenizer`. It is created at its first use, because TensorFlow takes seconds to import."""
        from keras_transformer.text.graph_tokenizer import GraphTokenizer  # noqa: PLC0415 (imports TensorFlow)

        return GraphTokenizer(self.model)

    def tokenize(
        self,
        texts: "Sequence[str | bytes] | tf.Tensor",
        sampling: float = 0.0,
        seed: "int | tf.Tensor | None" = None,
    ) -> "tf.RaggedTensor":
        """Returns token ids of texts, without start and end token.

        Args:
            texts: `(batch,)` strings, a tensor, list, tuple or array. Bytes that are not UTF-8 are read as U+FFFD.
            sampling: strength of subword regularisation, 0.0 (default) for the best segmentation. For a unigram model,
                the smoothing of the distribution of segmentations: 0.1 gives high variation, and 1.0 seldom differs
                from the best segmentation. For a BPE model, the fraction of dropped merges. Values above 0 need this
                Python process, also inside a graph.
            seed: a whole number of at least 0, or a scalar integer tensor. The same texts, sampling and seed give the
                same tokens. Default: a new seed for each call, from TensorFlow's global generator.

        Returns:
            `tf.RaggedTensor` `(batch, None)`, int32.

        Raises:
            ValueError: `texts` are not strings, have a lone surrogate, or have another shape with sampling.
            InputError: `sampling` is out of range, or the type of the model does not support it.

        Reference:
            Kudo 2018 (arXiv 1804.10959); Provilkov et al. 2020 (arXiv 1910.13267).
        """
        if not 0 <= sampling <= 1:
            raise InputError(f"`sampling` must be from 0 to 1. Received: sampling={sampling}.")
        if not sampling:
            return self._graph.tokenize(texts)
        self.check_sampling()
        return self._graph.sample(texts, self._pieces, sampling, seed)

    @property
    def model_type(self) -> str:
        """Type of the SentencePiece model: "unigram", "bpe", "word" or "char"."""
        model_type = sentencepiece_model_pb2.ModelProto.FromString(self.model).trainer_spec.model_type
        return _Spec.ModelType.Name(model_type).lower()

    def check_sampling(self) -> None:
        """Raises an `InputError` if texts have only one segmentation. They cannot be sampled then."""
        if self.model_type not in ("unigram", "bpe"):
            raise InputError(
                "subword sampling needs a SentencePiece model of the type unigram or bpe. Received: the type "
                f"{self.model_type}. Set [vocabulary] sampling = 0, or learn a vocabulary."
            )

    def count_tokens(self, text: str) -> int:
        """Returns the number of tokens of a text, without TensorFlow."""
        return len(self._pieces.encode(text))

    def word_positions(self, text: str) -> list[int]:
        """Returns the position of the word of each token of `tokenize([text])`, counted from 0.

        Args:
            text: a string. Its words are those of `text.split()`.
        """
        return word_positions(self._pieces.EncodeAsProto(text).pieces, text)

    def best_ids(self, text: str) -> list[int]:
        """Returns the token ids of the best segmentation of a string, a list, without TensorFlow."""
        return self._pieces.EncodeAsIds(text)

    def detokenize(self, token_ids: "Sequence[Sequence[int]] | tf.Tensor | tf.RaggedTensor") -> "tf.Tensor":
        """Returns the texts of token ids. Special tokens are ignored.

        Args:
            token_ids: `tf.RaggedTensor` `(batch, None)` or `tf.Tensor` `(batch, length)`, int32.

        Returns:
            `(batch,)` strings, valid UTF-8 for all ids.
        """
        return self._graph.tokenizer.detokenize(token_ids)

    def tokens(self, token_ids: "tf.Tensor | tf.RaggedTensor") -> "tf.Tensor | tf.RaggedTensor":
        """Returns the written form of token ids, with `▁` for a space, in the shape of `token_ids`."""
        return self._graph.tokenizer.id_to_string(token_ids)

    @property
    def is_lowercase(self) -> bool:
        """Whether the normalisation of the model converts text to lower case."""
        return self._pieces.decode(self._pieces.encode("A")) == "a"

    def all_tokens(self) -> list[str]:
        """Returns the written form of every token of the vocabulary, a list of strings in the order of ids."""
        return [self.token(token_id) for token_id in range(self.vocabulary_size)]

    def token(self, token_id: int) -> str:
        """Returns the written form of a token."""
        return self._pieces.id_to_piece(token_id)

    @functools.cached_property
    def num_generated_tokens(self) -> int:
        """Number of tokens before those that are never generated, which only imported models have.

        Such a token is a piece into which text is cut, but which the other toolkit reads as the unknown token. In
        labels, it is the unknown token.
        """
        token_id = self._pieces.piece_to_id(UNKNOWN_PIECES)
        return token_id if self._pieces.is_control(token_id) else self.vocabulary_size

    @functools.cached_property
    def symbols(self) -> dict[str, int]:
        """The user-defined symbols with their ids, in the order of ids. Each of them is always one token of a text."""
        pieces = sentencepiece_model_pb2.ModelProto.FromString(self.model).pieces
        return {piece.piece: number for number, piece in enumerate(pieces) if piece.type == piece.USER_DEFINED}

    def is_one_token(self, text: str) -> bool:
        """Returns whether a text is a token of the vocabulary, such as a language token of an imported model."""
        token_ids = self._pieces.encode(text)
        return len(token_ids) == 1 and self.token(token_ids[0]).removeprefix("\u2581") == text

    def control_ids(self) -> list[int]:
        """Returns the ids of control tokens, such as the end token. They occur in no text and are not written."""
        return [token_id for token_id in range(self.vocabulary_size) if self._pieces.is_control(token_id)]


def count_tokens(path):
    """Returns the number of tokens of a SentencePiece model file, without the time to create the `Tokenizer`.

    Raises:
        InputError: the file is not a SentencePiece model.
    """
    try:
        return _checked_count(read_small_file(path, _MOST_BYTES))
    except InputError as error:
        raise error if str(path) in str(error) else InputError(f"{path}: {error}") from None


def check_unicode(text):
    """Raises a `ValueError` with the text if it has a lone surrogate, which UTF-8 cannot encode."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        around = ascii(text[max(0, error.start - 20) : error.start + 20])
        raise ValueError(
            f"Expected Unicode text. Received: {around}, with the lone surrogate U+{ord(text[error.start]):04X} as "
            f"character {error.start + 1}. Decode the text with errors='replace', or remove the character."
        ) from None


def _checked_count(model):
    """Returns the number of tokens of a model."""
    try:
        check_records(model, _MOST_TOKENS)
        proto = sentencepiece_model_pb2.ModelProto.FromString(model)
        check_character_maps(proto)
    except InputError:
        raise
    except (DecodeError, ValueError):
        raise InputError(_OTHER_FILE) from None
    if not proto.pieces:
        raise InputError(_OTHER_FILE)
    return len(proto.pieces)


def _checked_processor(model):
    _checked_count(model)
    processor = sentencepiece.SentencePieceProcessor()
    try:
        processor.LoadFromSerializedProto(model)  # The constructor ignores empty bytes.
    except (RuntimeError, ValueError):
        raise InputError(_OTHER_FILE) from None
    found = (processor.pad_id(), processor.unk_id(), processor.bos_id(), processor.eos_id())
    expected = (PADDING_ID, UNKNOWN_ID, START_ID, END_ID)
    if found != expected:
        raise InputError(
            f"expected padding, unknown, start and end token at the ids {expected}, but they are at {found}. "
            "Train the SentencePiece model with --pad_id=0 --unk_id=1 --bos_id=2 --eos_id=3."
        )
    return processor
