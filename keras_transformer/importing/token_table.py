"""The order of a table's rows in this library: special tokens first, then the tokens of the other toolkit."""

from typing import NamedTuple

import numpy as np

from keras_transformer.special_tokens import NUM_SPECIAL_TOKENS
from keras_transformer.text.tokenizer import UNKNOWN_PIECES


class TokenTable(NamedTuple):
    """The tokens of a vocabulary in the order of ids of this library.

    Args:
        tokens: the written form of each token, a list. Special tokens are None.
        rows: `(tokens,)` integers, the row of each token in the table of the other toolkit.
        is_copy: `(tokens,)` booleans, True for a token whose row belongs to another token as well. Such a token is
            read, but never generated. Pieces that the vocabulary lacks follow the token `UNKNOWN_PIECES`.
    """

    tokens: list
    rows: np.ndarray
    is_copy: np.ndarray


def token_table(vocabulary, unknown, end, start_id, padding, missing):
    """Orders the tokens of a vocabulary.

    Args:
        vocabulary: dictionary from the written form of a token to its row, for all rows.
        unknown, end, padding: the written forms of special tokens. Padding may be missing in the vocabulary.
        start_id: the row of the start token. It can be the row of padding.
        missing: pieces of the SentencePiece models that the vocabulary does not have. They have the row of the unknown
            token.

    Returns:
        `TokenTable`.
    """
    unknown_id, end_id = vocabulary[unknown], vocabulary[end]
    padding_id = vocabulary.get(padding, start_id)
    special = [padding_id, unknown_id, start_id, end_id]
    others = sorted((row, token) for token, row in vocabulary.items() if row not in (padding_id, unknown_id, end_id))
    # A folder that was exported by this library has the marker already.
    missing = missing if UNKNOWN_PIECES in vocabulary else with_marker(missing)
    rows = [*special, *(row for row, _ in others), *(unknown_id for _ in missing)]
    is_copy = np.zeros(len(rows), bool)
    is_copy[0] = padding_id == start_id
    is_copy[2] = start_id != padding_id
    is_copy[len(rows) - len(missing) :] = True
    tokens = [None] * NUM_SPECIAL_TOKENS + [token for _, token in others] + missing
    return TokenTable(tokens, np.array(rows), is_copy)


def with_marker(missing):
    """Returns a list of pieces that a vocabulary lacks, after the token that marks them."""
    return [UNKNOWN_PIECES, *missing] if missing else []
