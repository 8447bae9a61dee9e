"""Tests of batches that one process makes for several. A second real process receives its rows."""

import pathlib
import socket
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from keras_transformer.data import RowService, take_rows
from keras_transformer.errors import InputError

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
NUM_BATCHES = 5
# The second process has another stream. No row of it may be used.
SECOND_PROCESS = """
import sys
import numpy as np
from keras_transformer.data import RowService
from tests_batches import endless_batches
shares = RowService(sys.argv[1], index=1, count=2).share(endless_batches(first=1000))
np.savez(sys.argv[2], *(rows for batch in shares.take({num_batches}).as_numpy_iterator() for rows in batch))
"""


def endless_batches(first=0):
    """Batches of 3 to 6 rows of all lengths from Python code. The numbers in a row identify its batch."""

    def ids(number):
        rows = 3 + number % 4
        return (100 * number + np.arange(rows * (number % 3 + 1))).astype("int32").reshape(rows, -1)

    numbers = tf.data.Dataset.counter(first)
    batches = numbers.map(lambda number: tf.numpy_function(ids, [number], tf.int32, stateful=False))
    return batches.map(lambda ids: (tf.ensure_shape(ids, (None, None)), tf.ensure_shape(ids, (None, None)) + 1))


@pytest.mark.slow
def test_each_process_gets_its_rows_of_every_batch(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"localhost:{free.getsockname()[1]}"
    (tmp_path / "tests_batches.py").write_text(pathlib.Path(__file__).read_text())
    script = tmp_path / "second.py"
    script.write_text(SECOND_PROCESS.format(num_batches=NUM_BATCHES))
    with subprocess.Popen(
        [sys.executable, str(script), address, str(tmp_path / "rows.npz")],
        env={"PYTHONPATH": f"{REPOSITORY}:{tmp_path}"},
        stderr=subprocess.PIPE,
        text=True,
    ) as second:
        service = RowService(address, index=0, count=2)
        found = [list(service.share(endless_batches()).take(NUM_BATCHES).as_numpy_iterator())]
        _, errors = second.communicate(timeout=60)
        assert second.returncode == 0, errors
    with np.load(tmp_path / "rows.npz") as arrays:
        rows = list(arrays.values())
    found.append(list(zip(rows[::2], rows[1::2], strict=True)))
    for index in range(2):
        expected = take_rows(endless_batches(), index, 2).take(NUM_BATCHES).as_numpy_iterator()
        for expected_batch, found_batch in zip(expected, found[index], strict=True):
            for expected_rows, found_rows in zip(expected_batch, found_batch, strict=True):
                np.testing.assert_array_equal(found_rows, expected_rows)


def test_an_address_without_a_server_is_reported_at_once():
    with pytest.raises(InputError, match="no-such-host.invalid:5055: cannot serve batches there: "):
        RowService("no-such-host.invalid:5055", index=0, count=1)
