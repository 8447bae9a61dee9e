"""Remembers where the batches of a stream begin in the text. A stream can then begin at any batch."""

import bisect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import tensorflow as tf

# Batches are made some pools in advance. The first batch of the pool of any recent batch is known.
_KEPT_POOLS = 100


class PoolPosition(NamedTuple):
    """The beginning of a pool of lines in a stream of batches.

    Args:
        batch: index of the pool's first batch in the stream.
        epoch: index of the epoch, 0 without `steps_per_epoch`.
        text_pass: index of the pass over the text, in the epoch.
        pool: index of the pool in the pass.
    """

    batch: int
    epoch: int
    text_pass: int
    pool: int


class BatchPositions:
    """Remembers at which batch each recent pool of lines begins. Give the same object to `token_batches`.

    A stream with a `first_step` makes all batches before this step again. This takes hours for a large corpus. With
    the positions of the interrupted stream, it begins at the window of lines of the step. Earlier text is neither
    tokenized nor made into batches. The batches are the same.

    It has a state for the argument `callbacks` of `TrainingState`. Call `restore` before `token_batches`, which reads
    the positions.

    Args:
        pairs_from: a function that returns the dataset of the pairs from an index on, if there is a faster way than to
            read the pairs before it. Default None.

    Example:

    >>> positions = kt.data.BatchPositions()
    >>> arguments = {"shuffle": True, "steps_per_epoch": 10, "positions": positions}
    >>> first, *_ = kt.data.token_batches(pairs, tokenizer, first_step=0, **arguments).take(5)
    >>> resumed = kt.data.token_batches(pairs, tokenizer, first_step=4, **arguments)
    """

    def __init__(self, pairs_from: "Callable[[int], tf.data.Dataset] | None" = None):
        self.pairs_from = pairs_from
        self._pools: list[PoolPosition] = []

    def add(self, *position: int) -> None:
        """Adds the fields of a `PoolPosition`, whose batch comes after those of all others."""
        position = PoolPosition(*map(int, position))
        # A stream that begins again makes the same batches.
        del self._pools[bisect.bisect_left(self._pools, position) :]
        self._pools = [*self._pools[1 - _KEPT_POOLS :], position]

    def before(self, batch: int) -> PoolPosition | None:
        """Returns the position of the last known pool that begins at this batch or before it, or None."""
        number = bisect.bisect_right(self._pools, batch, key=lambda position: position.batch)
        return self._pools[number - 1] if number else None

    def get_state(self) -> list[list[int]]:
        """Returns the positions as a value for JSON."""
        return [list(position) for position in self._pools]

    def set_state(self, state: Sequence[Sequence[Any]]) -> None:
        """Restores the positions of `get_state`."""
        self._pools = [PoolPosition(*map(int, position)) for position in state]
