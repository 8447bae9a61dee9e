"""Hands out intermediate results of layers and functions, such as queries and attention scores, while they run."""

import contextlib
import contextvars

_observation = contextvars.ContextVar("observation", default=None)


@contextlib.contextmanager
def observed(*names):
    """Yields a list that is filled with pairs of a name and a result, in the order of the computation.

    Layers must run eagerly in the block. A graph would hand out symbolic tensors.

    Args:
        *names: names of the results to keep. Default: all.

    Example:

    >>> from keras_transformer.layers.observation import observed
    >>> with observed("query", "scores") as results:
    ...     outputs = kt.layers.MultiHeadSelfAttention(num_heads=4)(np.zeros((1, 7, 32)))
    >>> [(name, tuple(result.shape)) for name, result in results]
    [('query', (1, 4, 7, 8)), ('scores', (1, 4, 7, 7))]
    """
    results = []
    token = _observation.set((results, names))
    try:
        yield results
    finally:
        _observation.reset(token)


def observe(**results):
    """Hands out results by name within `observed`. Otherwise it does nothing."""
    observation = _observation.get()  # TensorFlow's AutoGraph does not support an assignment within the condition.
    if observation is not None:
        kept, names = observation
        kept.extend((name, result) for name, result in results.items() if not names or name in names)
