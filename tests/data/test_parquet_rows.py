import hashlib

import pyarrow
import pyarrow.parquet
import pytest

from keras_transformer.data import text_of_pairs, tsv_pairs
from keras_transformer.data.tsv_rows import tsv_rows
from keras_transformer.errors import InputError
from keras_transformer.recipes.sections import DataSection
from keras_transformer.trainer.training_text import read_training_text

PAIRS = [(f"source {number}", f"target {number}") for number in range(9000)]


@pytest.fixture
def write(tmp_path):
    """Writes a Parquet file of columns, in groups of 1,000 rows."""

    def write(name="a.parquet", **columns):
        pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / name, row_group_size=1000)
        return tmp_path / name

    return write


@pytest.fixture
def path(write):
    sources, targets = zip(*PAIRS, strict=True)
    return write(id=range(len(PAIRS)), target=targets, source=pyarrow.array(sources).dictionary_encode())


def test_the_pairs_of_a_parquet_file_are_read_in_order(path):
    assert list(tsv_rows([path], 3, 2)) == PAIRS
    assert list(text_of_pairs(tsv_pairs(path, source_column=3, target_column=2).take(3))) == PAIRS[:3]


def test_columns_of_dictionaries_are_read_in_order(write):
    columns = zip(("source", "target"), zip(*PAIRS, strict=True), strict=True)
    path = write(**{name: pyarrow.array([*texts, None]).dictionary_encode() for name, texts in columns})
    assert list(tsv_rows([path], 1, 2)) == [*PAIRS, ("", "")]


def test_columns_of_string_views_are_read(write):
    columns = zip(("source", "target"), zip(*PAIRS[:3], strict=True), strict=True)
    path = write(**{name: pyarrow.array(texts, pyarrow.string_view()) for name, texts in columns})
    assert list(tsv_rows([path], 1, 2)) == PAIRS[:3]


def test_tables_of_both_kinds_are_one_corpus(path, tmp_path):
    (tmp_path / "b.tsv").write_text("0\tzwei\ttwo\n")
    assert list(tsv_rows([path, tmp_path / "b.tsv"], 3, 2)) == [*PAIRS, ("two", "zwei")]


def test_a_file_without_rows_is_no_error_if_another_has_text(path, write):
    empty = write("b.parquet", id=[], target=pyarrow.array([], pyarrow.string()), source=pyarrow.array([], "string"))
    assert list(tsv_rows([empty, path], 3, 2)) == PAIRS
    with pytest.raises(InputError, match=rf"^{empty}: the file is empty\.$"):
        list(tsv_rows([empty], 3, 2))


def test_the_hash_is_that_of_the_file(path):
    digests = {}
    list(tsv_rows([path], 3, 2, digests))
    assert digests[path].digest() == hashlib.sha256(path.read_bytes()).digest()


def test_a_null_is_an_empty_text_and_a_text_is_one_line(write):
    path = write(source=["a\nb\r\nc", None], target=["d", "e"])
    assert list(tsv_rows([path], 1, 2)) == [("a b c", "d"), ("", "e")]


def test_a_training_reads_parquet(path):
    section = {"source_column": 3, "target_column": 2}
    text = read_training_text(DataSection(train_pairs=str(path), validation_pairs=str(path), **section))
    assert text.counts == [len(PAIRS)]
    assert [file[:2] for file in text.files] == [["train pairs", "a.parquet"], ["validation pairs", "a.parquet"]]
    # Text that is too large for the memory is read again.
    again = read_training_text(
        DataSection(train_pairs=str(path), validation_pairs=str(path), **section), most_kept_bytes=100
    )
    assert list(text_of_pairs(again.pairs["train"])) == PAIRS == list(text_of_pairs(text.pairs["train"]))


@pytest.mark.parametrize(
    ("columns", "numbers", "message"),
    [
        ({"a": ["x"]}, (1, 2), "expected at least 2 columns, but there are 1"),
        ({"a": ["x"], "b": [1]}, (1, 2), "expected a column of strings, but the column 'b' is of type int64"),
        ({"a": ["", None], "b": [" ", ""]}, (1, 2), "the file is empty"),
        ({"a": [b"\xff"], "b": ["x"]}, (1, 2), "expected a column of strings, but the column 'a' is of type binary"),
        ({"a": ["x"] * 70, "b": [*["x"] * 69, "é" * (9 << 20)]}, (1, 2), None),
    ],
    ids=["too few columns", "numbers", "empty", "bytes", "enormous text"],
)
def test_a_wrong_file_is_one_line(write, columns, numbers, message):
    message = f"a.parquet: {message}" if message else "a.parquet, row 70: longer than 16,777,216 bytes"
    with pytest.raises(InputError, match=message):
        list(tsv_rows([write(**columns)], *numbers))


def test_a_column_name_that_occurs_twice_is_one_line(tmp_path):
    columns = [pyarrow.array(["x"]), pyarrow.array(["y"])]
    pyarrow.parquet.write_table(pyarrow.Table.from_arrays(columns, ["a", "a"]), tmp_path / "a.parquet")
    with pytest.raises(InputError, match="a.parquet: the column 'a' occurs twice"):
        list(tsv_rows([tmp_path / "a.parquet"], 1, 2))


def test_a_damaged_file_is_one_line(path):
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(InputError, match="a.parquet: the Parquet file cannot be read"):
        list(tsv_rows([path], 3, 2))


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(InputError, match=r"a.parquet: .*No such file"):
        list(tsv_rows([tmp_path / "a.parquet"], 1, 2))
