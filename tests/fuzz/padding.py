import numpy as np


def padded(rows):
    """Rows of token ids as a table, padded with 0.

    Args:
        rows: a list of lists.

    Returns:
        `(rows, length)` int32, at least one column.
    """
    table = np.zeros((len(rows), max(1, *map(len, rows))), "int32")
    for number, row in enumerate(rows):
        table[number, : len(row)] = row
    return table
