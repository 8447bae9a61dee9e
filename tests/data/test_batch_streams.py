"""Streams of batches: endless, resumed, and of a given number of steps."""

import collections
import itertools
import json

import pytest
import tensorflow as tf
from pair_cases import PAIRS, signatures, texts_of

from keras_transformer.data import BatchPositions, listed_pairs, token_batches


@pytest.mark.parametrize(("shuffle", "most"), [(False, 400), (True, 1200)])
def test_an_endless_corpus_is_streamed(tokenizer, small_pools, shuffle, most):
    pulled = 0

    def endless():
        nonlocal pulled
        for pair in itertools.cycle(PAIRS):
            pulled += 1
            yield pair

    pairs = tf.data.Dataset.from_generator(endless, output_signature=(tf.TensorSpec((), tf.string),) * 2)
    batches = iter(token_batches(pairs, tokenizer, batch_tokens=300, shuffle=shuffle))
    next(batches)
    assert 0 < pulled <= most


def test_steps_per_epoch_cuts_an_epoch_or_borrows_from_the_next(tokenizer):
    def batches(steps):
        return token_batches(listed_pairs(PAIRS[:200]), tokenizer, batch_tokens=600, steps_per_epoch=steps)

    everything = signatures(batches(None))
    number = len(everything)
    assert signatures(batches(number - 1)) == everything[:-1]
    assert signatures(batches(number + 1)) == [*everything, everything[0]]
    assert batches(number + 1).cardinality() == number + 1


@pytest.mark.parametrize(
    ("first_step", "steps_per_epoch"),
    [
        (16, 7),
        pytest.param(16, None, marks=pytest.mark.slow),
        *(pytest.param(first, steps, marks=pytest.mark.slow) for first in (1, 7) for steps in (None, 7)),
    ],
)
def test_a_stream_that_begins_later_is_the_rest_of_the_one_from_the_start(
    tokenizer, small_pools, steps_per_epoch, first_step
):
    def stream(first_step, seed=3):
        batches = token_batches(
            listed_pairs(PAIRS[:700]),
            tokenizer,
            batch_tokens=1000,
            shuffle=True,
            seed=seed,
            sampling=0.2,
            concatenation=0.3,
            reversal=0.4,
            word_dropout=0.1,
            steps_per_epoch=steps_per_epoch,
            first_step=first_step,
        )
        return signatures(batches.take(30 - first_step))

    whole = stream(0)
    assert len(set(whole)) == 30
    assert stream(first_step) == whole[first_step:]
    assert stream(first_step, seed=4) != whole[first_step:]


@pytest.mark.parametrize(
    ("shuffle", "steps_per_epoch"),
    [(True, 24), *(pytest.param(*each, marks=pytest.mark.slow) for each in ((True, None), (False, None), (False, 24)))],
)
def test_a_resumed_stream_with_positions_reads_no_earlier_window(tokenizer, small_pools, shuffle, steps_per_epoch):
    positions, first_pairs = BatchPositions(), []
    pairs = listed_pairs(PAIRS[:700])

    def stream(first_step, positions=None):
        arguments = {"batch_tokens": 1000, "shuffle": shuffle, "seed": 3, "sampling": 0.2, "concatenation": 0.3}
        arguments |= {"steps_per_epoch": steps_per_epoch, "first_step": first_step, "positions": positions}
        return signatures(token_batches(pairs, tokenizer, **arguments).take(60 - first_step))

    whole = stream(0, positions)
    assert len(whole) == 60
    for first_step in (20, 59):
        # As saved with the state of a training.
        resumed = BatchPositions(lambda number: first_pairs.append(number) or pairs.skip(number))
        resumed.set_state(json.loads(json.dumps(positions.get_state())))
        position = resumed.before(first_step)
        assert position.batch <= first_step
        assert stream(first_step, resumed) == whole[first_step:]
    assert max(first_pairs) == (400 if shuffle else 600)


def test_the_positions_of_pools_are_those_of_the_batches(tokenizer, small_pools):
    positions = BatchPositions()
    arguments = {"batch_tokens": 1000, "shuffle": True, "seed": 3, "positions": positions}
    batches = token_batches(listed_pairs(PAIRS[:700]), tokenizer, first_step=0, **arguments)
    counts = list(itertools.accumulate(len(inputs["source_ids"]) for inputs, _ in batches.take(60)))
    state = positions.get_state()
    # A pool has 100 pairs here, and the last one of a pass may have fewer.
    assert [counts[batch - 1] for batch, *_ in state[1:8] if batch] == [100, 200, 300, 400, 500, 600, 700]
    assert [position[1:] for position in state[:8]] == [[0, 0, pool] for pool in range(7)] + [[0, 1, 0]]


def test_a_stream_without_steps_passes_over_all_pairs_again_and_again(tokenizer, small_pools):
    pairs = PAIRS[:500]
    arguments = {"batch_tokens": 600, "shuffle": True, "seed": 1}
    stream = token_batches(listed_pairs(pairs), tokenizer, first_step=0, **arguments)
    seen = collections.Counter()
    batches = iter(stream)
    while sum(seen.values()) < 2 * len(pairs):
        seen += texts_of([next(batches)], tokenizer, tokenizer)
    assert seen == collections.Counter(pairs * 2)


@pytest.mark.parametrize("steps_per_epoch", [None, 2])
def test_an_endless_stream_without_a_pair_ends_with_an_error(tokenizer, steps_per_epoch):
    stream = token_batches(
        listed_pairs([("red cat", "blue dog")]), tokenizer, max_length=2, steps_per_epoch=steps_per_epoch, first_step=0
    )
    with pytest.raises(tf.errors.InvalidArgumentError, match="No sentence pair is left"):
        next(iter(stream))
