import io
import sys
import threading
import time

import pytest

from keras_transformer.cli import lines as module
from keras_transformer.cli.lines import chunks_as_they_come, opened_input, opened_output
from keras_transformer.data import decoded_lines
from keras_transformer.errors import InputError


def decode(content):
    return list(decoded_lines(io.BytesIO(content), "the file"))


def test_only_a_line_feed_ends_a_line():
    assert decode("a\u2028b\u2029c\x85d\x0be\x0cf\ng".encode()) == ["a\u2028b\u2029c\x85d\x0be\x0cf", "g"]


def test_carriage_returns_and_a_byte_order_mark_are_taken_off():
    assert decode(b"\xef\xbb\xbfa\r\nb\r\n\r\n") == ["a", "b", ""]
    assert decode("a\n\ufeffb\n".encode()) == ["a", "\ufeffb"]


def test_the_last_line_needs_no_end():
    assert decode(b"a\nb") == ["a", "b"]
    assert decode(b"") == []


def test_a_line_that_is_no_utf8_is_named_after_those_before_it_came():
    lines = decoded_lines(io.BytesIO(b"a\nb\nc\xff\n"), "the file")
    assert [next(lines), next(lines)] == ["a", "b"]
    with pytest.raises(InputError, match=r"the file, line 3: expected UTF-8, but byte 2 of the line is 0xff\."):
        next(lines)


def test_chunks_hold_all_lines_in_order():
    chunks = list(chunks_as_they_come(iter(range(10)), 4))
    assert [line for chunk in chunks for line in chunk] == list(range(10))
    assert max(map(len, chunks)) <= 4


def test_a_file_comes_in_full_chunks():
    assert [len(chunk) for chunk in chunks_as_they_come(iter(range(10)), 4)] == [4, 4, 2]


def test_nothing_gives_no_chunk():
    assert list(chunks_as_they_come(iter(()), 4)) == []


def test_no_more_than_two_chunks_are_read_ahead():
    read = 0

    def lines():
        nonlocal read
        for number in range(1000):
            read = number + 1
            yield number

    used = 0
    for chunk in chunks_as_they_come(lines(), 10):
        time.sleep(0.002)  # A reader without a limit would read more now.
        # The current chunk, a full queue, and the line that waits for space in the queue.
        assert read - used <= 10 + 10 + 1
        used += len(chunk)
    assert used == 1000


def test_long_lines_come_in_small_chunks_and_few_are_read_ahead(monkeypatch):
    monkeypatch.setattr(module, "_MOST_CHARACTERS", 100)
    given = ["x" * length for length in (60, 60, 10, 10, 10, 70, 1000, 5) * 20]
    read = []
    chunks, used = [], []

    def lines():
        for line in given:
            read.append(len(line))
            yield line

    for chunk in chunks_as_they_come(lines(), 1000):
        chunks.append(chunk)
        used += chunk
        time.sleep(0.002)  # A reader without a limit would read more now.
        # A full queue and the line that waits for space in it: each has less than 100 characters and one more line.
        assert sum(read) - sum(map(len, used)) < 2 * (100 + 1000)
    assert used == given
    assert all(sum(map(len, chunk[:-1])) < 100 for chunk in chunks)
    assert [len(chunk) for chunk in chunks[:3]] == [2, 4, 1]


def test_a_line_is_there_before_the_next_is_written():
    answered = threading.Event()

    def lines():
        yield "first"
        assert answered.wait(10)
        yield "second"

    chunks = chunks_as_they_come(lines(), 100)
    assert next(chunks) == ["first"]
    answered.set()
    assert next(chunks) == ["second"]


def test_an_error_of_the_lines_comes_after_the_lines_before_it():
    def lines():
        yield "first"
        raise InputError("the second line is bad")

    chunks = chunks_as_they_come(lines(), 100)
    assert next(chunks) == ["first"]
    with pytest.raises(InputError, match="the second line is bad"):
        next(chunks)


def test_written_text_stays_one_line(tmp_path):
    with opened_output(tmp_path / "output") as write:
        write("a\nb\r\nc\u2028d")
        write("")
    assert (tmp_path / "output").read_bytes() == "a b  c\u2028d\n\n".encode()


@pytest.mark.parametrize("opened", [opened_input, opened_output])
def test_a_file_that_cannot_be_opened_is_named(opened, tmp_path):
    with pytest.raises(InputError, match=rf"^{tmp_path}: Is a directory\.$"), opened(tmp_path):
        pass


def test_a_missing_input_is_named(tmp_path):
    with pytest.raises(InputError, match=r"missing: No such file or directory\.$"), opened_input(tmp_path / "missing"):
        pass


@pytest.mark.parametrize("kind", ["same", "link"])
def test_the_input_is_not_overwritten_by_the_output(kind, tmp_path):
    source = tmp_path / "source"
    source.write_text("precious\n")
    output = source
    if kind == "link":
        output = tmp_path / "link"
        output.symlink_to(source)
    refusal = pytest.raises(InputError, match="input and output are the same file")
    with source.open("rb") as file, refusal, opened_output(output, file):
        pass
    assert source.read_text() == "precious\n"


@pytest.mark.parametrize(("opened", "stream"), [(opened_input, "stdin"), (opened_output, "stdout")])
def test_closed_standard_streams_are_reported(opened, stream, monkeypatch):
    monkeypatch.setattr(sys, stream, None)
    told = pytest.raises(InputError, match=r"^standard (in|out)put is closed. Set --(in|out)put FILE")
    with told, opened(None):
        pass
