"""Defaults, limits and an error of shortlists, for the command line, which needs no TensorFlow."""

# Target tokens of each source token, and most frequent target tokens.
NUM_CANDIDATES = 20
NUM_FREQUENT = 100
# Limits of memory: pairs of sentences, tokens of a sentence, and pairs of a source token and a target token.
MOST_PAIRS = 500_000
MOST_TOKENS = 256
MOST_LINKS = 5_000_000
NO_SHORTLIST = (
    "The model has no shortlist. Learn one with `keras-transformer shortlist MODEL --source FILE --target FILE`, or "
    "remove `shortlist`."
)
