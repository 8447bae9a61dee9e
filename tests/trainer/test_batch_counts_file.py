"""The numbers of batches of an interrupted training are read again, and a damaged file is named."""

import json

import pytest

from keras_transformer.errors import InputError
from keras_transformer.trainer.batch_counts_file import BATCH_COUNTS_NAME, keep_counts, kept_counts

COUNTS = {
    split: [13, 0.25, {"pairs": 16, "blank": 0, "too_long": 1, "max_length": 40, "is_whole": True}, 20]
    for split in ("train", "validation")
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    return tmp_path


def test_counts_are_read_as_they_were_written(folder):
    assert kept_counts(folder) is None
    keep_counts(COUNTS, folder)
    assert kept_counts(folder) == COUNTS


@pytest.mark.parametrize(
    "content",
    [
        *("x", "[]", "{}", json.dumps({"train": COUNTS["train"]})),
        *(json.dumps({**COUNTS, "train": [number, *COUNTS["train"][1:]]}) for number in (0, "13", True, 1.5)),
        json.dumps({**COUNTS, "train": [13, "much", *COUNTS["train"][2:]]}),
        json.dumps({**COUNTS, "train": [*COUNTS["train"][:3], None]}),
        json.dumps({**COUNTS, "train": [13, 0.25, {"pairs": 16}, 20]}),
    ],
)
def test_a_damaged_file_is_named(folder, content):
    path = folder / "checkpoints" / BATCH_COUNTS_NAME
    path.write_text(content)
    with pytest.raises(InputError, match=rf"^{path}: the file is damaged. Remove it, and the batches are counted"):
        kept_counts(folder)
