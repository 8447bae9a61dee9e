import gzip
import io
import time

import pytest

from keras_transformer.data import check_text_files, check_tsv_file, checked_lines, decoded_lines, text_lines, text_rows
from keras_transformer.data.check_files import text_rows_from
from keras_transformer.data.tsv_rows import tsv_rows
from keras_transformer.errors import InputError


@pytest.fixture
def file(tmp_path):
    """Writes a file of these bytes."""

    def file(content, name="text"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return file


def test_lines_come_without_ends_and_byte_order_mark(file):
    assert list(checked_lines(file(b"\xef\xbb\xbfone\r\n\r\ntwo\nthree"))) == ["one", "", "two", "three"]


def test_only_a_line_feed_ends_a_line(file):
    text = "a\u2028b\x85c\x0bd\x0ce\x00f"
    assert list(checked_lines(file(f"{text}\n{text}".encode()))) == [text, text]


def test_a_line_without_end_is_refused_before_it_fills_the_memory(file):
    path = file(b"short\n" + bytes(17 << 20))
    with pytest.raises(
        InputError, match=rf"^{path}, line 2: longer than 16,777,216 bytes. Put one sentence on each line"
    ):
        list(checked_lines(path))


def test_an_enormous_line_in_small_pieces_takes_linear_time():
    class SmallPieces(io.BytesIO):
        def read1(self, size):
            return super().read1(1024)

    line = b"x" * (15 << 20)
    started = time.process_time()
    found = list(decoded_lines(SmallPieces(b"a\n" + line + b"\nb\n\nc"), "file"))
    assert [*map(len, found)] == [1, len(line), 1, 0, 1]
    assert time.process_time() - started < 5


def test_parallel_texts_are_counted(file):
    assert check_text_files(file(b"a\n\nb"), file(b"c\r\nd\r\ne\r\n", "other")) == 3


@pytest.mark.parametrize("chunk_bytes", [1 << 20, 7])
def test_pairs_are_read_from_any_pair_on(file, tmp_path, chunk_bytes, monkeypatch):
    monkeypatch.setattr(text_lines, "_CHUNK_BYTES", chunk_bytes)
    # With and without a line feed at the end, with blank lines, a byte order mark, and one compressed file.
    file(b"\xef\xbb\xbfone\r\n\r\ntwo\nthree", "1.en")
    file(b"four\n", "2.en")
    file(gzip.compress("".join(f"{number}\n" * 2 for number in range(40)).encode() + b"\n\n"), "3.en")
    for name, count in (("1.de", 4), ("2.de", 1), ("3.de", 82)):
        file(b"".join(b"%d\n" % number for number in range(count)), name)
    patterns = (tmp_path / "*.en", tmp_path / "*.de")
    rows = list(text_rows(*patterns))
    assert len(rows) == 87
    for first in range(90):
        assert list(text_rows_from(*patterns, first)) == rows[first:]


def test_errors_after_skipped_lines_have_the_line_of_the_file(file):
    source, target = file(b"a\n\xff\nb\n\xff\n"), file(b"a\nb\nc\nd\ne\n", "other")
    rows = text_rows_from(source, target, 2)
    assert next(rows) == ("b", "c")
    with pytest.raises(InputError, match=rf"^{source}, line 4: expected UTF-8"):
        next(rows)
    rows = text_rows_from(file(b"a\nb\nb\nb\n"), target, 2)
    with pytest.raises(InputError, match=rf"but {source} has 4 and {target} has 5\.$"):
        list(rows)


def test_different_numbers_of_lines_are_both_named(file):
    source, target = file(b"a\nb\n"), file(b"a\nb\nc\n", "other")
    with pytest.raises(InputError, match=rf"but {source} has 2 and {target} has 3\.$"):
        check_text_files(source, target)


@pytest.mark.parametrize("content", [b"", b"\n \n\t\r\n", "\u200b\n\ufeff\u3000\n\u2028\u00a0".encode()])
def test_an_empty_file_is_named(file, content):
    path = file(content)
    with pytest.raises(InputError, match=rf"^{path}: the file is empty\.$"):
        list(checked_lines(path))


@pytest.fixture
def with_empty_file(file, tmp_path):
    """Two patterns, whose second files are empty or blank."""
    for side in ("en", "de"):
        file(f"a {side}\nb {side}\n".encode(), f"1.{side}")
        file(b"", f"2.{side}")
        file(b"\n", f"3.{side}")
        file(f"c {side}\n".encode(), f"4.{side}")
    return tmp_path / "*.en", tmp_path / "*.de"


def test_an_empty_file_of_a_pattern_is_no_error_if_another_has_text(with_empty_file):
    rows = [("a en", "a de"), ("b en", "b de"), ("", ""), ("c en", "c de")]
    assert list(text_rows(*with_empty_file)) == rows
    for first in range(6):
        assert list(text_rows_from(*with_empty_file, first)) == rows[first:]


def test_a_pattern_without_text_is_named(file, tmp_path):
    for name, content in (("1.en", b""), ("2.en", b"\n"), ("1.de", b""), ("2.de", b"zwei\n")):
        file(content, name)
    message = rf"^{tmp_path / '1.en'}: the file is empty, and so are the other files of the pattern\.$"
    patterns = tmp_path / "*.en", tmp_path / "*.de"
    for rows in (text_rows(*patterns), text_rows_from(*patterns, 0)):
        with pytest.raises(InputError, match=message):
            list(rows)
    with pytest.raises(InputError, match=message):
        check_tsv_file(patterns[0], 1, 1)
    file(b"eins\n", "1.de")
    with pytest.raises(InputError, match=rf"{tmp_path / '1.en'} has 0 and {tmp_path / '1.de'} has 1\.$"):
        check_text_files(*patterns)


def test_an_empty_table_of_a_pattern_is_no_error_if_another_has_text(file, tmp_path):
    for name, content in (("1.tsv", b""), ("2.tsv", b"a\tb\n"), ("3.tsv", b"\n")):
        file(content, name)
    assert check_tsv_file(tmp_path / "*.tsv", 1, 2) == 1


@pytest.mark.parametrize("first", [2, 3, 4])
def test_a_file_that_ends_within_the_skipped_lines_has_its_number_of_lines(file, first):
    source, target = file(b"a\nb\nc\nd\n"), file(b"a\n", "other")
    with pytest.raises(InputError, match=rf"but {source} has 4 and {target} has 1\.$"):
        list(text_rows_from(source, target, first))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=rf"^{tmp_path / 'missing'}: No such file or directory\.$"):
        list(checked_lines(tmp_path / "missing"))


def test_a_folder_is_named(tmp_path):
    with pytest.raises(InputError, match=rf"^{tmp_path}: Is a directory\.$"):
        list(checked_lines(tmp_path))


def test_a_line_that_is_no_utf8_is_named(file):
    path = file("fine\nschön".encode() + b" sch\xf6n\n")
    message = rf"^{path}, line 2: expected UTF-8, but byte 11 of the line is 0xf6; convert the file to UTF-8\.$"
    with pytest.raises(InputError, match=message):
        list(checked_lines(path))


def test_rows_of_white_space_are_pairs_and_empty_lines_are_not(file):
    content = "a\tb\n\n \t \n\u3000\na\tb\r\n\r\n\tb\na\t\n\t\t\t\n"
    assert check_tsv_file(file(content.encode()), 1, 2) == 7


def test_the_number_of_columns_is_not_that_of_a_row_of_white_space(file):
    assert list(tsv_rows([file(b"\t\t\t\na\tb\n\t\n")], 1, 2)) == [("", ""), ("a", "b"), ("", "")]


@pytest.mark.parametrize(("line", "found"), [(b"only one", "is 1"), (b"one\ttwo", "are 2")])
def test_a_file_with_too_few_columns_is_named(file, line, found):
    path = file(b"\n" + line + b"\n")
    message = rf"^{path}, line 2: expected at least 3 tab-separated columns, but there {found}\.$"
    with pytest.raises(InputError, match=message):
        check_tsv_file(path, 1, 3)


@pytest.mark.parametrize(
    ("line", "found"), [(b"a\tb\tc\td", "are 4"), (b"a\tb\tc\t", "are 4"), (b"a\tb", "are 2"), (b"one", "is 1")]
)
def test_a_row_with_another_number_of_columns_is_named(file, line, found):
    path = file(b"\na\tb\tc\n\n" + line + b"\n")
    message = rf"^{path}, line 4: expected 3 tab-separated columns, as in line 2 of text, but there {found}\. One of "
    with pytest.raises(InputError, match=message):
        check_tsv_file(path, 1, 2)


def test_a_file_of_a_pattern_with_another_number_of_columns_is_named(file, tmp_path):
    file(b"a\tb\n", "part-1.tsv")
    file(b"a\tb\tc\n", "part-2.tsv")
    with pytest.raises(
        InputError, match=r"part-2\.tsv, line 1: expected 2 .*, as in line 1 of part-1\.tsv, but there are 3"
    ):
        check_tsv_file(tmp_path / "part-*.tsv", 1, 2)


def test_quotes_are_text(file):
    assert list(tsv_rows([file(b'"a\tb"\n""\t\'c\n"d ""e""\tf\n')], 1, 2)) == [
        ('"a', 'b"'),
        ('""', "'c"),
        ('"d ""e""', "f"),
    ]


def test_a_carriage_return_within_a_line_is_named(file):
    path = file(b"one\r\ntwo\rthree\r\n")
    with pytest.raises(
        InputError, match=rf"^{path}, line 2: a carriage return within the line\. Replace it by a space\.$"
    ):
        list(checked_lines(path))


def test_files_of_two_patterns_that_do_not_belong_together_are_named(file, tmp_path):
    for name in ("part-1.ko", "part-2.ko", "part-2.en", "part-3.en"):
        file(b"a line\n", name)
    with pytest.raises(
        InputError,
        match=r"part-1\.ko: no file of .*part-\*\.en has a matching name\. Rename the files so that they match\.$",
    ):
        check_text_files(tmp_path / "part-*.ko", tmp_path / "part-*.en")
    # Names without a common part can mean any languages.
    file(b"a line\n", "a.de")
    file(b"a line\n", "b.de")
    assert check_text_files(tmp_path / "part-*.ko", tmp_path / "*.de") == 2
