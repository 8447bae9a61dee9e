"""The special tokens every vocabulary begins with; the one place where their ids are written down."""

PADDING_ID = 0
UNKNOWN_ID = 1
START_ID = 2
END_ID = 3
NUM_SPECIAL_TOKENS = 4
