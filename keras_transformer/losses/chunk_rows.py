"""The number of rows of logits that the chunked cross-entropy computes at a time."""

import os

import keras

# A chunk has its logits, their softmax and their gradient in float32.
_BYTES_OF_ENTRY = 3 * 4
# Fewer rows make the sums over the chunks dominate; more rows are not faster.
_FEWEST_ROWS, _MOST_ROWS = 256, 1024
# Upper bound of the used cache. The caches of servers are larger, but shared.
_CACHE_BYTES = 32 * 2**20
# With a GPU, a chunk must be large enough to occupy it.
_FEWEST_ROWS_OF_GPU, _MOST_ROWS_OF_GPU, _ENTRIES_OF_GPU = 1024, 8192, 2**26


def chunk_rows(vocabulary_size: int) -> int:
    """Returns the number of rows of a chunk on this machine, a power of two.

    Logits, softmax and gradient of a chunk then fit into the last cache of the processor, if 256 rows do.

    Args:
        vocabulary_size: number of entries of a row.
    """
    if _has_gpu():
        rows, fewest, most = _ENTRIES_OF_GPU // vocabulary_size, _FEWEST_ROWS_OF_GPU, _MOST_ROWS_OF_GPU
    else:
        rows = min(_cache_bytes(), _CACHE_BYTES) // (_BYTES_OF_ENTRY * vocabulary_size)
        fewest, most = _FEWEST_ROWS, _MOST_ROWS
    return min(max(2 ** max(rows.bit_length() - 1, 0), fewest), most)


def _cache_bytes():
    """Returns the size of the last cache in bytes, or 0 if the system does not report it."""
    for level in (4, 3, 2):
        try:
            size = os.sysconf(f"SC_LEVEL{level}_CACHE_SIZE")
        except (OSError, ValueError, AttributeError):  # Only Linux has these names, and Windows not the function.
            continue
        if size > 0:
            return size
    return 0


def _has_gpu():
    """Returns whether Keras computes on a GPU."""
    return any(device.startswith("gpu") for device in keras.distribution.list_devices())
