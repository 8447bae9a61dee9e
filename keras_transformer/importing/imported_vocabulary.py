import re
from typing import NamedTuple

from keras_transformer.errors import InputError, short_repr
from keras_transformer.importing.token_table import TokenTable
from keras_transformer.text import Tokenizers

# The longest token of NLLB has 55 characters. Checks of a token take time that grows with the square of its length.
_MOST_CHARACTERS = 1000
_ROW = re.compile(r"<row \d+>", re.ASCII)


class ImportedVocabulary(NamedTuple):
    """The vocabularies of a folder of another toolkit.

    Args:
        tokenizers: the `Tokenizers`.
        source: the `TokenTable` of the source.
        target: the `TokenTable` of the target, the same object for a shared table.
    """

    tokenizers: Tokenizers
    source: TokenTable
    target: TokenTable


def missing_pieces(pieces, vocabulary):
    """Returns the pieces into which a SentencePiece model can cut a text and which a vocabulary does not have.

    Args:
        pieces: the `ModelProto`.
        vocabulary: a dictionary from token to id.
    """
    kinds = (pieces.SentencePiece.NORMAL, pieces.SentencePiece.USER_DEFINED, pieces.SentencePiece.BYTE)
    return [piece.piece for piece in pieces.pieces if piece.type in kinds and piece.piece not in vocabulary]


def with_all_rows(vocabulary, size):
    """Returns a vocabulary with a name for each row of the table without a token, which can be generated.

    Args:
        vocabulary: a dictionary from token to id.
        size: number of rows.
    """
    rows = set(vocabulary.values())
    return vocabulary | {f"<row {row}>": row for row in range(size) if row not in rows}


def is_row_name(token):
    """Returns whether a token is a name of `with_all_rows`. It is not written."""
    return _ROW.fullmatch(token) is not None


def added_tokens(settings, path):
    """Returns the tokens that were added to a vocabulary, a dictionary from token to id.

    Args:
        settings: the content of `tokenizer_config.json`.
        path: this file, for errors.

    Raises:
        InputError: the tokens are damaged.
    """
    entries = settings.get("added_tokens_decoder", {})
    try:
        return checked_tokens({entry["content"]: int(token_id) for token_id, entry in entries.items()}, path)
    except (TypeError, KeyError, AttributeError, ValueError):
        raise InputError(f"{path}: `added_tokens_decoder` is damaged.") from None


def checked_tokens(vocabulary, path):
    """Returns a vocabulary of a JSON file.

    Args:
        vocabulary: a dictionary from token to id.
        path: the file, for errors.

    Raises:
        InputError: an id is not a whole number, a token has a lone surrogate or a NUL, which no piece can have, or a
            token is too long.
    """
    for token, token_id in vocabulary.items():
        if type(token_id) is not int:
            raise InputError(f"{path}: expected a whole number for each token. Received: {short_repr(token_id)}.")
        try:
            token.encode("utf-8")
        except UnicodeEncodeError:
            raise InputError(f"{path}: expected tokens of valid Unicode. Received: {ascii(token)[:80]}.") from None
        if "\0" in token:
            raise InputError(f"{path}: expected tokens without NUL. Received: {ascii(token)[:80]}.")
        if len(token) > _MOST_CHARACTERS:
            raise InputError(
                f"{path}: expected tokens of at most {_MOST_CHARACTERS:,} characters. Received: one of {len(token):,}."
            )
    return vocabulary
