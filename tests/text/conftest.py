"""Fixtures of the tests of text: a small text, and a tokenizer of each kind learned from it."""

import pytest

from keras_transformer.text import learn_vocabulary

SUBJECTS = [
    "The old farmer", "My youngest sister", "A tired doctor", "Our new neighbour", "Every student", "Nobody here",
    "That famous singer", "The quiet librarian", "Her clever cousin", "A hungry traveller", "The village baker",
]  # fmt: skip
VERBS = [
    "reads a letter", "buys green apples", "waits for the train", "opens the window", "writes to the teacher",
    "cooks some soup", "forgets an umbrella", "paints the kitchen", "remembers a song", "repairs his bicycle",
]  # fmt: skip
PLACES = ["in the morning", "at the station", "near the river", "before dinner", "after a long walk", "on Monday"]
KOREAN_PLACES = ["학교에", "집에서", "도서관으로", "바닷가에서", "시장까지", "공원에서"]
KOREAN_VERBS = ["갑니다.", "책을 읽었습니다.", "친구를 만납니다.", "노래를 부릅니다.", "점심을 먹겠습니다."]
LINES = [f"{subject} {verb} {place}." for subject in SUBJECTS for verb in VERBS for place in PLACES]
LINES += [f"나는 {place} {verb}" for place in KOREAN_PLACES for verb in KOREAN_VERBS]
VOCABULARY_SIZE = 380


@pytest.fixture(scope="session")
def lines():
    return LINES


@pytest.fixture(scope="session", params=["unigram", "bpe"])
def tokenizer(request):
    """A tokenizer of each kind."""
    return learn_vocabulary(LINES, vocabulary_size=VOCABULARY_SIZE, normalization="identity", model_type=request.param)


@pytest.fixture(scope="session")
def unigram_tokenizer():
    return learn_vocabulary(LINES, vocabulary_size=VOCABULARY_SIZE, normalization="identity")
