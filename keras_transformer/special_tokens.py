"""Ids of the special tokens. Every vocabulary begins with them."""

PADDING_ID = 0
UNKNOWN_ID = 1
START_ID = 2
END_ID = 3
NUM_SPECIAL_TOKENS = 4
