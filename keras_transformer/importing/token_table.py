"""The order of a table's rows in this library: special tokens first, then the tokens of the other toolkit."""

from typing import NamedTuple

import numpy as np

from keras_transformer.special_tokens import NUM_SPECIAL_TOKENS
from keras_transformer.text.tokenizer import UNKNOWN_PIECES


class TokenTable(NamedTuple):
    """The tokens of a vocabulary in the order of ids of this library.

    Tokens that are never generated follow the token `UNKNOWN_PIECES`.

    Args:
        tokens: the written form of each token, a list. Special tokens are None.
        rows: `(tokens,)` integers, the row of each token in the table of the other toolkit.
        is_copy: `(tokens,)` booleans, True for a token that is read, but never generated. Its row belongs to another
            token as well, or the other toolkit suppresses it.
    """

    tokens: list
    rows: np.ndarray
    is_copy: np.ndarray


def token_table(vocabulary, unknown, end, start_id, padding, missing, suppressed=frozenset()):
    """Orders the tokens of a vocabulary.

    Args:
        vocabulary: dictionary from the written form of a token to its row, for all rows.
        unknown, end, padding: the written forms of special tokens. Padding may be missing in the vocabulary.
        start_id: the row of the start token. It can be the row of padding.
        missing: pieces of the SentencePiece models that the vocabulary does not have. They have the row of the unknown
            token.
        suppressed: rows of tokens that the other toolkit never generates. Default: none.

    Returns:
        `TokenTable`.
    """
    unknown_id, end_id = vocabulary[unknown], vocabulary[end]
    padding_id = vocabulary.get(padding, start_id)
    special = [padding_id, unknown_id, start_id, end_id]
    others = sorted((row, token) for token, row in vocabulary.items() if row not in (padding_id, unknown_id, end_id))
    never = [(row, token) for row, token in others if row in suppressed]
    never += [(unknown_id, token) for token in missing]
    if never and UNKNOWN_PIECES not in vocabulary:  # A folder that this library exported has it.
        never.insert(0, (unknown_id, UNKNOWN_PIECES))
    others = [(row, token) for row, token in others if row not in suppressed] + never
    rows = np.array([*special, *(row for row, _ in others)])
    is_copy = np.zeros(len(rows), bool)
    is_copy[0] = padding_id == start_id
    is_copy[2] = start_id != padding_id
    is_copy[len(rows) - len(never) :] = True
    return TokenTable([None] * NUM_SPECIAL_TOKENS + [token for _, token in others], rows, is_copy)
