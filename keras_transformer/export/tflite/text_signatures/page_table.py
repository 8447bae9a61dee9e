import dataclasses

import numpy as np

from keras_transformer.export.tflite.text_signatures.narrow import narrow

PAGE_SIZE = 64


@dataclasses.dataclass(frozen=True)
class PageTable:
    """A map from code points to small integers: the number of a page for 64 code points, and the pages.

    Args:
        pages: `(first_pages,)` integers. The last one is the page of all further code points.
        values: `(pages * 64,)` integers.
    """

    pages: np.ndarray
    values: np.ndarray


def build_page_table(values):
    """Builds a `PageTable`.

    Args:
        values: a dictionary from code points to integers. Other code points have the value 0.
    """
    table = np.zeros(((max(values, default=0) // PAGE_SIZE + 2), PAGE_SIZE), "int32")
    for code_point, value in values.items():
        table[code_point // PAGE_SIZE, code_point % PAGE_SIZE] = value
    pages, numbers = np.unique(table, axis=0, return_inverse=True)
    return PageTable(narrow(numbers.reshape(-1)), narrow(pages.reshape(-1)))
