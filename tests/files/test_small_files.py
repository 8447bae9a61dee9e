import os
import time

import pytest

from keras_transformer.errors import InputError
from keras_transformer.files.small_files import read_json, read_small_file
from keras_transformer.files.strict_json import json_text


@pytest.mark.parametrize("kind", ["device", "pipe", "folder", "long"])
def test_other_paths_than_small_files_are_refused_at_once(tmp_path, kind):
    path = tmp_path / "file"
    if kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        with path.open("wb") as file:
            file.truncate(2**40)
    start = time.process_time()
    with pytest.raises(InputError, match=r"file: expected a (regular file|file of at most 16 MiB)"):
        read_small_file(path)
    assert time.process_time() - start < 1


def test_a_link_to_a_file_is_read(tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")
    assert read_small_file(tmp_path / "link") == b"content"


def test_a_pipe_is_read_only_where_it_may_be_one():
    reader, writer = os.pipe()
    os.write(writer, b"content")
    os.close(writer)
    assert read_small_file(f"/dev/fd/{reader}", is_regular=False) == b"content"
    os.close(reader)


def test_a_device_is_not_read_for_ever():
    with pytest.raises(InputError, match="/dev/zero: expected a file of at most 16 MiB, but it is longer"):
        read_small_file("/dev/zero", is_regular=False)


DEEP = [b"[" * 10**6, b'{"a":' * 10**5, *(b'{"a":' * depth + b"1" + b"}" * depth for depth in (101, 200, 600, 200_000))]
DIGITS = b'{"a": 1' + b"0" * 5000 + b"}"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"3", b"\xff", *DEEP, DIGITS], ids=len)
def test_other_content_than_json_of_the_kind_is_refused(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(InputError, match="file: the file is damaged"):
        read_json(tmp_path / "file")


def test_json_of_a_hundred_levels_is_read(tmp_path):
    (tmp_path / "file").write_text("[" * 100 + "1" + "]" * 100)
    assert json_text(read_json(tmp_path / "file", list)) == (tmp_path / "file").read_text()


def test_json_is_read(tmp_path):
    (tmp_path / "file").write_text("[1, 2]")
    assert read_json(tmp_path / "file", list) == [1, 2]
