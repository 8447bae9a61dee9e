# A translation has at most LENGTH_FACTOR * source tokens + LENGTH_MARGIN tokens, including the end token.
LENGTH_FACTOR = 2
LENGTH_MARGIN = 10
