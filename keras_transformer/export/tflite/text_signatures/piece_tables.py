import collections
import dataclasses

import numpy as np
from sentencepiece import sentencepiece_model_pb2

from keras_transformer.export.tflite.text_signatures.double_array import DEAD, DoubleArray, build_double_array
from keras_transformer.export.tflite.text_signatures.narrow import narrow
from keras_transformer.export.tflite.text_signatures.page_table import PageTable, build_page_table
from keras_transformer.special_tokens import PADDING_ID, UNKNOWN_ID

SPACE = "▁"
NUM_BYTES = 256
# SentencePiece's constants. An unknown character scores less than any token. A user-defined symbol has this score if no
# token scores above 0.
_UNKNOWN_PENALTY = np.float32(10.0)
SYMBOL_SCORE = -0.1
# The score of a substring that is no token. Its sums are finite.
_NO_SCORE = np.float32(-1e30)
_DEFAULT_UNKNOWN = " \u2047 "

_PIECE = sentencepiece_model_pb2.ModelProto.SentencePiece


@dataclasses.dataclass(frozen=True)
class PieceTables:
    """The tokens of a SentencePiece unigram model as tables.

    Args:
        labels: `PageTable` from code points to labels in `trie`, 0 for characters that are in no token.
        characters: `(labels,)`, the code point of each label. The label of SPACE has a space.
        trie: `DoubleArray` of all tokens that have a text. Its values are ids, or 0 for tokens that no text has.
        slots: `(vocabulary_size,)`, the slot of each token in `trie`, or the dead slot for tokens without a text.
        scores: `(vocabulary_size,)` int32, the bits of float32 scores. The padding token has the score of no token.
        symbols: `(vocabulary_size,)` 1 for user-defined symbols, or None if there are none.
        has_all_characters: whether every character of a token is a token itself, so that the characters of no token
            are unknown.
        label_of_space: the label of SPACE, or -1 if no token has it.
        first_byte: the id of the token of the byte 0. The others follow it. None if unknown characters are one token.
    """

    labels: PageTable
    characters: np.ndarray
    trie: DoubleArray
    slots: np.ndarray
    scores: np.ndarray
    symbols: np.ndarray | None
    has_all_characters: bool
    label_of_space: int
    first_byte: int | None

    @property
    def longest(self):
        """Greatest number of code points of a token."""
        return self.trie.longest


def build_piece_tables(model):
    """Builds `PieceTables`.

    Args:
        model: the bytes of a SentencePiece model.
    """
    proto = sentencepiece_model_pb2.ModelProto.FromString(model)
    pieces = proto.pieces
    written = {
        token_id: piece.piece
        for token_id, piece in enumerate(pieces)
        if piece.type in (_PIECE.NORMAL, _PIECE.USER_DEFINED, _PIECE.UNUSED)
    }
    trainer = proto.trainer_spec
    unknown = trainer.unk_surface if trainer.HasField("unk_surface") else _DEFAULT_UNKNOWN
    texts = [unknown, *written.values()]
    counts = collections.Counter(character for text in texts for character in text)
    labels = {character: label for label, (character, _) in enumerate(counts.most_common(), 1)}

    def key(text):
        return tuple(labels[character] for character in text)

    values = {key(unknown): 0} if unknown else {}
    values |= {
        key(text): 0 if pieces[token_id].type == _PIECE.UNUSED else token_id for token_id, text in written.items()
    }
    trie = build_double_array(values)
    slots = np.full(len(pieces), DEAD)
    for token_id, text in written.items():
        slots[token_id] = trie.slots[key(text)]
    slots[UNKNOWN_ID] = trie.slots.get(key(unknown), DEAD)
    symbols = np.array([piece.type == _PIECE.USER_DEFINED for piece in pieces], "int8")
    byte_ids = [token_id for token_id, piece in enumerate(pieces) if piece.type == _PIECE.BYTE]
    return PieceTables(
        labels=build_page_table({ord(character): label for character, label in labels.items()}),
        characters=narrow([0, *(ord(" " if character == SPACE else character) for character in labels)]),
        trie=trie,
        slots=narrow(slots),
        scores=_scores(pieces).view("int32"),
        symbols=symbols if symbols.any() else None,
        has_all_characters=all(values.get((label,), 0) for text in written.values() for label in key(text)),
        label_of_space=labels.get(SPACE, -1),
        first_byte=byte_ids[0] if trainer.byte_fallback else None,
    )


def _scores(pieces):
    normal = [piece.score for piece in pieces if piece.type == _PIECE.NORMAL]
    scores = np.array(
        [SYMBOL_SCORE if piece.type == _PIECE.USER_DEFINED else piece.score for piece in pieces], "float32"
    )
    scores[PADDING_ID] = _NO_SCORE
    scores[UNKNOWN_ID] = np.float32(min(normal, default=0.0)) - _UNKNOWN_PENALTY
    return scores
