"""Tests of the layer that inserts a token."""

import numpy as np
import pytest

from keras_transformer.layers import PrefixToken


@pytest.mark.parametrize(
    ("position", "expected"), [(0, [[9, 5, 6, 0], [9, 7, 0, 0]]), (1, [[5, 9, 6, 0], [7, 9, 0, 0]])]
)
def test_the_token_is_in_its_column(position, expected):
    outputs = PrefixToken(9, position)(np.array([[5, 6, 0], [7, 0, 0]]))
    np.testing.assert_array_equal(outputs, expected)


def test_rows_without_columns_have_the_token_alone():
    np.testing.assert_array_equal(PrefixToken(9)(np.zeros((2, 0), "int32")), [[9], [9]])


def test_a_negative_number_is_refused():
    with pytest.raises(ValueError, match="`position` must be at least 0. Received: position=-1"):
        PrefixToken(9, position=-1)
