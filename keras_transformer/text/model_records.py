"""Checks the size of a SentencePiece model without parsing it.

A model is a protocol buffer. Its parser makes an object of a hundred bytes from a record of two bytes. A file of some
megabytes could therefore need gigabytes of memory.
"""

from keras_transformer.errors import InputError

# Numbers of the fields of `ModelProto`: tokens; normalisation rules, whose records are few and large.
_PIECES, _NORMALIZERS = 1, (3, 5)
_MOST_OTHER_BYTES = 4 * 2**20
_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5


def check_records(model, most_tokens):
    """Raises an error if a SentencePiece model has too many tokens or too long other lists.

    Args:
        model: bytes.
        most_tokens: maximum number of tokens.

    Raises:
        InputError: the model has more.
        ValueError: the bytes are not a protocol buffer.
    """
    position, tokens, others = 0, 0, 0
    while position < len(model):
        start = position
        tag, position = _varint(model, position)
        field, kind = tag >> 3, tag & 7
        if kind == _BYTES:
            length, position = _varint(model, position)
            position += length
        elif kind == _VARINT:
            _, position = _varint(model, position)
        elif kind in (_FIXED_64, _FIXED_32):
            position += 8 if kind == _FIXED_64 else 4
        else:
            raise ValueError(f"a record of the kind {kind}")
        if field == _PIECES:
            tokens += 1
        elif field not in _NORMALIZERS:
            others += position - start
        if tokens > most_tokens:
            raise InputError(f"expected a SentencePiece model of at most {most_tokens:,} tokens, but it has more.")
        if others > _MOST_OTHER_BYTES:
            raise InputError("expected a SentencePiece model, but its description of the training is too long.")
    if position != len(model):
        raise ValueError("the last record is cut")


def _varint(model, position):
    """Returns the number at a position, and the position after it."""
    number = shift = 0
    while True:
        if position >= len(model) or shift > 63:
            raise ValueError("a number without an end")
        byte = model[position]
        number |= (byte & 127) << shift
        position += 1
        if byte < 128:
            return number, position
        shift += 7
