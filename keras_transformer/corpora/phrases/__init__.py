"""The embedded corpus "phrases": Korean-English sentence pairs made by a small grammar of our own.

`lexicon` holds the words, `grammar` the rules of the two languages, and this module the pairs and their splits.
"""

import operator
import random

from .grammar import generate_phrases
from .lexicon import HELD_OUT_COMBINATIONS

__all__ = ["phrase_pairs", "phrase_splits"]

_EVALUATION_SIZE = 1000


def phrase_pairs() -> list[tuple[str, str]]:
    """Return every distinct (Korean, English) sentence pair of the phrase corpus.

    The pairs need no download, and each Korean sentence has exactly one translation, which follows from that
    sentence alone, so that a model can be expected to get all of them exactly right. The plain, polite and formal
    styles of a Korean sentence share one English translation.

    Returns:
        The pairs, in the same order in every process.

    Example:
        >>> ("나는 어제 카페에 갔다.", "I went to the cafe yesterday.") in phrase_pairs()
        True
    """
    return [(phrase.korean, phrase.english) for phrase in generate_phrases()]


def phrase_splits(seed: int = 0) -> dict[str, list[tuple[str, str]]]:
    """Split the phrase corpus into training, validation and two test sets.

    "test" holds new sentences made of known combinations of words. "test_combinations" holds sentences whose verb
    and place never meet in the other splits, though each of them is in the training split with others: it tells
    whether a model has learned to combine words or only to recall them.

    No two splits share a sentence in either language. As the styles of a Korean sentence share one English
    sentence, the evaluation splits take one style of each English sentence, and its other styles are left out.

    Args:
        seed: The seed of the shuffle that assigns and orders the pairs. The combinations held out do not depend on
            it. Defaults to 0.

    Returns:
        The (Korean, English) pairs of "train", which is shuffled, and of "validation", "test" and
        "test_combinations", 1,000 each.

    Raises:
        TypeError: If `seed` is not an integer.

    Example:
        >>> splits = phrase_splits(seed=0)
        >>> len(splits["test"])
        1000
    """
    rng = random.Random(operator.index(seed))
    known, held_out = _styles_by_english()
    english = list(known)
    rng.shuffle(english)
    validation, test = english[:_EVALUATION_SIZE], english[_EVALUATION_SIZE : 2 * _EVALUATION_SIZE]
    train = [(korean, sentence) for sentence in english[2 * _EVALUATION_SIZE :] for korean in known[sentence]]
    rng.shuffle(train)
    combinations = rng.sample(list(held_out), _EVALUATION_SIZE)
    return {
        "train": train,
        "validation": _one_style_each(validation, known, rng),
        "test": _one_style_each(test, known, rng),
        "test_combinations": _one_style_each(combinations, held_out, rng),
    }


def _styles_by_english() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return the Korean sentences of each English one, for the known and for the held-out combinations."""
    known: dict[str, list[str]] = {}
    held_out: dict[str, list[str]] = {}
    for phrase in generate_phrases():
        group = held_out if (phrase.verb, phrase.place) in HELD_OUT_COMBINATIONS else known
        group.setdefault(phrase.english, []).append(phrase.korean)
    return known, held_out


def _one_style_each(sentences: list[str], styles: dict[str, list[str]], rng: random.Random) -> list[tuple[str, str]]:
    return [(rng.choice(styles[sentence]), sentence) for sentence in sentences]
