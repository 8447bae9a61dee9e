"""Random texts for hypothesis: texts of hypothesis and of the fuzzer."""

import random

from fuzz.texts import random_text
from hypothesis import strategies as st

TEXTS = st.one_of(
    st.text(max_size=30),
    st.integers(0, 2**32).map(lambda seed: random_text(random.Random(seed), line_feeds=True)[:300]),
)
