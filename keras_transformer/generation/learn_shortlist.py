"""Learns the target tokens that are probable in the translation of each source token."""

import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from keras_transformer.errors import InputError
from keras_transformer.generation.shortlist import Shortlist
from keras_transformer.generation.shortlist_limits import (
    MOST_LINKS,
    MOST_PAIRS,
    MOST_TOKENS,
    NUM_CANDIDATES,
    NUM_FREQUENT,
)
from keras_transformer.special_tokens import END_ID

if TYPE_CHECKING:
    from keras_transformer.text.tokenizers import Tokenizers

_PAIRS_PER_CHUNK = 2_000
# Each link needs about 60 bytes for a moment.
_LINKS_PER_CHUNK = 4_000_000
_ITERATIONS = 4


def learn_shortlist(
    pairs: Iterable[tuple[str, str]],
    tokenizers: "Tokenizers",
    num_candidates: int = NUM_CANDIDATES,
    num_frequent: int = NUM_FREQUENT,
    most_pairs: int = MOST_PAIRS,
) -> Shortlist:
    """Learns a `Shortlist` from sentence pairs, with IBM model 1.

    The end token of the source is the empty word of IBM model 1. With one vocabulary for both languages, every source
    token is its own candidate. Names and numbers can thus be copied.

    Args:
        pairs: `(source, target)` strings. Memory is bounded: the first `most_pairs` are read.
        tokenizers: the `Tokenizers` of the model.
        num_candidates: number of target tokens of each source token. Default 20.
        num_frequent: number of most frequent target tokens, which every translation can have. Default 100.
        most_pairs: maximum number of pairs. Default 500,000.

    Raises:
        InputError: there are no pairs, or a number is below 1.

    Example:

    >>> pairs = [("나는 카페에 갔다.", "I went to the cafe."), ("나는 어제 갔다.", "I went yesterday.")]
    >>> shortlist = kt.generation.learn_shortlist(pairs, kt.Tokenizers(tokenizer), num_candidates=5)
    >>> shortlist.candidates.shape[1]
    5

    Reference:
        Brown et al. 1993, "The Mathematics of Statistical Machine Translation", section 4.1.
    """
    for name, number in (
        ("num_candidates", num_candidates),
        ("num_frequent", num_frequent),
        ("most_pairs", most_pairs),
    ):
        if number < 1:
            raise InputError(f"`{name}` must be at least 1. Received: {name}={number}.")
    chunks = list(_token_chunks(itertools.islice(pairs, most_pairs), tokenizers))
    if not chunks:
        raise InputError("A shortlist is learned from sentence pairs. Received: none.")
    source_size, target_size = tokenizers.source.vocabulary_size, tokenizers.target.vocabulary_size
    links, probabilities = _translation_table(chunks, source_size, target_size)
    sources, targets = links // target_size, links % target_size
    order = np.lexsort((-probabilities, sources))
    sources, targets = sources[order], targets[order]
    ranks = np.arange(len(sources)) - np.searchsorted(sources, sources) + tokenizers.is_shared
    is_best = ranks < num_candidates
    candidates = np.zeros((source_size, num_candidates), "int32")
    if tokenizers.is_shared:
        candidates[:, 0] = np.arange(source_size)
    candidates[sources[is_best], ranks[is_best]] = targets[is_best]
    counts = sum(np.bincount(target, minlength=target_size) for _, _, target, _ in chunks)
    frequent = np.argsort(-counts, kind="stable")[:num_frequent]
    # Symbols, such as placeholders and language tokens, can be rare in the text and must be possible.
    frequent = np.union1d(frequent, list(tokenizers.target.symbols.values()))
    return Shortlist(candidates, frequent.astype("int32"), target_size)


def _token_chunks(pairs, tokenizers):
    """Yields source tokens, their lengths, target tokens and their lengths of some pairs, arrays."""
    while chunk := list(itertools.islice(pairs, _PAIRS_PER_CHUNK)):
        sides = []
        for tokenizer, texts, end in zip((tokenizers.source, tokenizers.target), zip(*chunk, strict=True), (1, 0)):
            rows = tokenizer.tokenize(list(texts)).to_list()
            sides.append([row[: MOST_TOKENS - 1] + [END_ID] * end for row in rows])
        links = np.cumsum([len(source) * len(target) for source, target in zip(*sides, strict=True)])
        borders = [0, *np.flatnonzero(np.diff(links // _LINKS_PER_CHUNK)) + 1, len(chunk)]
        for first, last in itertools.pairwise(borders):
            yield [array for rows in sides for array in _flat(rows[first:last])]


def _flat(rows):
    """Returns the tokens of rows, and the lengths of the rows."""
    return np.array([*itertools.chain(*rows)], "int32"), np.array([*map(len, rows)], "int64")


def _translation_table(chunks, source_size, target_size):
    """Returns pairs of a source and a target token as numbers `source * target_size + target`, and probabilities."""
    links, probabilities = np.empty(0, "int64"), np.empty(0)
    for iteration in range(_ITERATIONS):
        sums = np.empty(0, "int64"), np.empty(0)
        for chunk in chunks:
            found, groups = _links(*chunk, target_size)
            weights = _looked_up(found, links, probabilities) if iteration else np.ones(len(found))
            totals = np.bincount(groups, weights)
            weights = weights / np.maximum(totals[groups], np.finfo("float64").tiny)
            sums = _added(sums, found, weights)
        links, counts = sums
        of_source = np.bincount(links // target_size, counts, source_size)
        probabilities = counts / np.maximum(of_source[links // target_size], np.finfo("float64").tiny)
    return links, probabilities


def _links(sources, source_lengths, targets, target_lengths, target_size):
    """Returns every pair of a source and a target token of the same sentences, and the position of the target token."""
    num_links = source_lengths * target_lengths
    pair = np.repeat(np.arange(len(num_links)), num_links)
    within = np.arange(len(pair)) - np.repeat(np.cumsum(num_links) - num_links, num_links)
    source_places = (np.cumsum(source_lengths) - source_lengths)[pair] + within // target_lengths[pair]
    target_places = (np.cumsum(target_lengths) - target_lengths)[pair] + within % target_lengths[pair]
    return sources[source_places].astype("int64") * target_size + targets[target_places], target_places


def _looked_up(found, links, probabilities):
    places = np.minimum(np.searchsorted(links, found), len(links) - 1)
    return np.where(links[places] == found, probabilities[places], 0.0)


def _added(sums, found, weights, most=MOST_LINKS):
    """Adds weights to sorted sums. The smallest sums are dropped if there are more than `most`."""
    links, places = np.unique(np.concatenate([sums[0], found]), return_inverse=True)
    values = np.bincount(places, np.concatenate([sums[1], weights]), len(links))
    if len(links) > most:
        kept = np.sort(np.argpartition(-values, most // 2)[: most // 2])
        links, values = links[kept], values[kept]
    return links, values
