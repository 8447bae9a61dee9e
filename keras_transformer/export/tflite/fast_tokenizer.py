"""TensorFlow Text's SentencePiece tokenizer for TFLite, with the same ids as SentencePiece.

TFLite supports only `FastSentencepieceTokenizer`, which does not spell unknown characters in bytes. It therefore
gets a modified model with the same ids, in which every byte is an ordinary token: a private character that
the normalisation writes instead of the byte.
"""

import struct

import tensorflow as tf
import tensorflow_text
from sentencepiece import sentencepiece_model_pb2

from keras_transformer.errors import InputError
from keras_transformer.text.blank import invisible_characters
from keras_transformer.text.character_map import character_rules, write_character_map

_UNIGRAM = sentencepiece_model_pb2.TrainerSpec.UNIGRAM
_SPACE = "▁"
_PIECE = sentencepiece_model_pb2.ModelProto.SentencePiece
# Private use, plane 15. In a text, such a character is spelled in bytes like any unknown character.
_FIRST_PRIVATE = 0xF0000


class FastTokenizer:
    """Tokenizes one text with operations of TFLite.

    Args:
        model: the bytes of a SentencePiece model, as for `Tokenizer`.

    Raises:
        InputError: TensorFlow Text's fast tokenizer would give other tokens than SentencePiece.
    """

    def __init__(self, model):
        check_fast(model)
        self._tokenizer = tensorflow_text.FastSentencepieceTokenizer(_reading_model(model))
        self._visible = tensorflow_text.FastSentencepieceTokenizer(_visible_model())

    def tokenize(self, text):
        """Returns token ids `(length,)` int32 of `text` `(1,)`, UTF-8. A blank text has no tokens."""
        token_ids = self._tokenizer.tokenize(text).flat_values
        # TFLite has no regular expressions.
        is_visible = tf.minimum(tf.size(self._visible.tokenize(text).flat_values), 1)
        return tf.slice(token_ids, [0], tf.expand_dims(tf.size(token_ids) * is_visible, 0))


class FastDetokenizer:
    """Detokenizes one text with operations of TFLite.

    Args:
        model: the bytes of a SentencePiece model, as for `Tokenizer`.
    """

    def __init__(self, model):
        pieces = [piece.piece for piece in sentencepiece_model_pb2.ModelProto.FromString(model).pieces]
        self._space_id = pieces.index(_SPACE) if _SPACE in pieces else -1
        self._tokenizer = tensorflow_text.FastSentencepieceTokenizer(_writing_model(model))

    def detokenize(self, token_ids):
        """Returns the text `(1,)` of token ids `(length,)` without special tokens. Invalid UTF-8 is unchanged."""
        # SentencePiece drops all leading spaces of a text, TensorFlow Text drops one.
        is_word = tf.cast(tf.not_equal(token_ids, self._space_id), tf.int32)
        token_ids = tf.boolean_mask(token_ids, tf.greater(tf.cumsum(is_word), 0))
        row_splits = tf.stack([0, tf.size(token_ids)])
        return self._tokenizer.detokenize(tf.RaggedTensor.from_row_splits(token_ids, row_splits, validate=False))


def check_fast(model):
    """Raises an InputError if the fast tokenizer would give other ids than SentencePiece."""
    proto = sentencepiece_model_pb2.ModelProto.FromString(model)
    found = []
    if proto.trainer_spec.model_type != _UNIGRAM:
        found.append("another type than unigram ([vocabulary] model_type)")
    if any(piece.type == _PIECE.USER_DEFINED for piece in proto.pieces):
        found.append("user-defined symbols ([vocabulary] user_defined_symbols)")
    if not proto.normalizer_spec.add_dummy_prefix:
        found.append("no space before a text")
    if proto.trainer_spec.treat_whitespace_as_suffix:
        found.append("spaces at the end of tokens")
    if found:
        raise InputError(
            f"Text to text in TFLite does not support this vocabulary, which has {' and '.join(found)}: TensorFlow "
            "Text's tokenizer for TFLite would give other tokens. Export from token ids to token ids, and run "
            "SentencePiece separately."
        )


def _reading_model(model):
    """Returns the model with private characters for bytes, and a normalisation that writes them."""
    proto = sentencepiece_model_pb2.ModelProto.FromString(model)
    known = {character for piece in proto.pieces if piece.type == _PIECE.NORMAL for character in piece.piece}
    _replace_unused(proto, _PIECE.CONTROL)
    # A byte is used only if no other piece matches, so its score, the lowest, has no effect.
    worst = min(piece.score for piece in proto.pieces)
    spelled = {}
    for piece in proto.pieces:
        if piece.type == _PIECE.BYTE:
            byte = int(piece.piece[1:-1], 16)
            spelled[byte] = chr(_FIRST_PRIVATE + byte)
            piece.piece, piece.type, piece.score = spelled[byte], _PIECE.NORMAL, worst
    if spelled:
        rules = _spelling_rules(character_rules(model), known, spelled)
        proto.normalizer_spec.precompiled_charsmap = write_character_map(rules)
        # It would map the results of the rules again.
        proto.normalizer_spec.ClearField("normalization_rule_tsv")
    return proto.SerializeToString(deterministic=True)


def _visible_model():
    """Returns a model with one unknown token per word. It maps invisible characters to spaces."""
    proto = sentencepiece_model_pb2.ModelProto()
    proto.trainer_spec.model_type = _UNIGRAM
    proto.normalizer_spec.add_dummy_prefix = False
    proto.pieces.add(piece="<unk>", type=_PIECE.UNKNOWN)
    proto.pieces.add(piece=_SPACE, type=_PIECE.NORMAL)
    # A byte 0 cannot be a key.
    rules = {character.encode("utf-8"): b" " for character in invisible_characters() if character != "\0"}
    proto.normalizer_spec.precompiled_charsmap = write_character_map(rules)
    return proto.SerializeToString()


def _spelling_rules(rules, known, spelled):
    """Returns rules that keep known characters, apply `rules`, and spell all other bytes.

    Args:
        rules: the normalisation of the model, from string to string.
        known: the characters of the vocabulary.
        spelled: the private character of each byte.
    """

    def spell(text):
        return "".join(
            character
            if character in known or character == " "
            else "".join(spelled[byte] for byte in character.encode("utf-8"))
            for character in text
        ).encode("utf-8")

    # The longest key is used, so bytes are spelled only if no character matches. A byte 0 cannot be a key.
    ascii_known = {ord(character) for character in known if character.isascii()} | {0, ord(" ")}
    new = {bytes([byte]): private.encode("utf-8") for byte, private in spelled.items() if byte not in ascii_known}
    new |= {character.encode("utf-8"): character.encode("utf-8") for character in known if not character.isascii()}
    return new | {key.encode("utf-8"): spell(replacement) for key, replacement in rules.items()}


def _writing_model(model):
    """Returns the model with bytes as pieces. They are not valid UTF-8, so the protocol buffer is written directly."""
    proto = sentencepiece_model_pb2.ModelProto.FromString(model)
    _replace_unused(proto, _PIECE.NORMAL)
    pieces = [
        # The byte 0 ends a string when the model is read. Its piece is unchanged and writes nothing.
        _byte_piece(int(piece.piece[1:-1], 16))
        if piece.type == _PIECE.BYTE and piece.piece != "<0x00>"
        else piece.SerializeToString()
        for piece in proto.pieces
    ]
    proto.ClearField("pieces")
    # Field 1 of the model, of the type "length-delimited".
    return b"".join(b"\x0a" + _varint(len(piece)) + piece for piece in pieces) + proto.SerializeToString()


def _replace_unused(proto, kind):
    """Gives another type to pieces that no text is cut into, because TensorFlow Text's converter refuses theirs."""
    for piece in proto.pieces:
        if piece.type == _PIECE.UNUSED:
            piece.type = kind


def _byte_piece(byte):
    """Returns a piece of one byte: field 1 is the text, field 2 the score, field 3 the type."""
    return b"\x0a\x01" + bytes([byte]) + b"\x15" + struct.pack("<f", 0.0) + b"\x18" + bytes([_PIECE.NORMAL])


def _varint(number):
    """Returns an integer of Protocol Buffers: seven bits per byte, the lowest first."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number])
