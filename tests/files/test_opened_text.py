import bz2
import fcntl
import gzip
import io
import lzma
import os
import struct
import tarfile
import termios
import threading
import time
import zipfile

import pytest
import zstandard

from keras_transformer import errors
from keras_transformer.data import checked_lines, decoded_lines, opened_text, plain_size
from keras_transformer.errors import InputError

TEXT = "".join(f"ligne {number} été\n" for number in range(3000)).encode()
LINES = TEXT.decode().splitlines()
COMPRESS = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "zstd": zstandard.compress}


@pytest.fixture
def file(tmp_path):
    """Writes a file of these bytes."""

    def file(content, name="text"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return file


@pytest.fixture(params=COMPRESS)
def kind(request):
    return request.param


@pytest.mark.parametrize("name", ["text", "text.txt", "text.gz", "text.zst"])
def test_the_content_decides_how_a_file_is_read(file, kind, name):
    assert list(checked_lines(file(COMPRESS[kind](TEXT), name))) == LINES
    assert list(checked_lines(file(TEXT, name))) == LINES


def test_parts_one_after_the_other_are_one_text(file, kind):
    compress = COMPRESS[kind]
    assert list(checked_lines(file(compress(TEXT[:10_000]) + compress(b"") + compress(TEXT[10_000:])))) == LINES


def test_a_frame_to_be_skipped_is_skipped(file):
    assert list(checked_lines(file(b"\x53\x2a\x4d\x18\x04\0\0\0abcd" + zstandard.compress(TEXT)))) == LINES


def test_an_empty_text_is_empty(file, kind):
    with pytest.raises(InputError, match="the file is empty"):
        list(checked_lines(file(COMPRESS[kind](b""))))


@pytest.mark.parametrize("end", [-1, -9, 500, 12])
def test_a_truncated_file_is_named(file, kind, end):
    path = file(COMPRESS[kind](TEXT)[:end])
    message = rf"^{path}: the file is compressed \({kind}\), but its end is missing\. Get the file again\.$"
    with pytest.raises(InputError, match=message):
        list(checked_lines(path))


def test_a_part_that_is_truncated_is_named(file, kind):
    path = file(COMPRESS[kind](TEXT) + COMPRESS[kind](TEXT)[:20])
    with pytest.raises(InputError, match=rf"^{path}: the file is compressed \({kind}\), but its end is missing"):
        list(checked_lines(path))


def test_bytes_after_the_last_part_are_refused(file, kind):
    path = file(COMPRESS[kind](TEXT) + b"something else")
    with pytest.raises(InputError, match=rf"^{path}: the file is compressed \({kind}\), but damaged"):
        list(checked_lines(path))


def test_a_damaged_file_is_named(file, kind):
    content = bytearray(COMPRESS[kind](TEXT))
    content[len(content) // 2 : len(content) // 2 + 200] = bytes(200)
    path = file(content)
    with pytest.raises(InputError, match=rf"^{path}(: the file is compressed \({kind}\), but damaged|, line \d+: )"):
        list(checked_lines(path))


def test_a_line_that_is_decompressed_without_end_is_refused(file, kind):
    path = file(COMPRESS[kind](bytes(40_000_000)))
    with pytest.raises(InputError, match=rf"^{path}, line 1: longer than 16,777,216 bytes"):
        list(checked_lines(path))


def test_archives_of_several_files_are_refused(file, tmp_path):
    text = file(TEXT, "inside")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(text)
    for content in (packed.getvalue(), gzip.compress(packed.getvalue())):
        with pytest.raises(InputError, match=r"text: expected a text file, but this is a tar archive\. Unpack it\.$"):
            list(checked_lines(file(content)))
    with zipfile.ZipFile(tmp_path / "text.zip", "w") as archive:
        archive.write(text)
    with pytest.raises(InputError, match=r"text\.zip: expected a text file, but this is a ZIP archive\. Unpack it\.$"):
        list(checked_lines(tmp_path / "text.zip"))


def test_a_package_that_is_missing_is_named_with_the_file(file, monkeypatch):
    path = file(zstandard.compress(TEXT))
    monkeypatch.setattr(errors.importlib.util, "find_spec", lambda package: None)
    with pytest.raises(
        InputError, match=rf"^{path}: the file is compressed \(zstd\); zstandard is not installed: pip "
    ):
        list(checked_lines(path))


def test_the_size_of_a_compressed_text_is_not_known(file):
    with opened_text(file(TEXT)) as plain:
        assert plain_size(plain) == len(TEXT)
    with opened_text(file(gzip.compress(TEXT))) as compressed:
        assert plain_size(compressed) is None


@pytest.fixture
def pipe(tmp_path):
    """A named pipe. A thread writes each part after the part before it has been read."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    threads = []

    def pipe(*parts):
        def write():
            with path.open("wb", buffering=0) as file:
                for part in parts:
                    file.write(part)
                    while unread(file.fileno()):
                        time.sleep(0.001)

        threads.append(threading.Thread(target=write))
        threads[-1].start()
        return path

    yield pipe
    for thread in threads:
        thread.join()


def unread(descriptor):
    """Returns the number of unread bytes of a pipe."""
    return struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4)))[0]


@pytest.mark.parametrize("first", [1, 2, 5])
def test_a_pipe_that_gives_a_part_of_the_beginning_first_is_decompressed(pipe, kind, first):
    packed = COMPRESS[kind](TEXT)
    parts = [packed[place : place + 1] for place in range(first)] + [packed[first:20], packed[20:]]
    assert list(checked_lines(pipe(*parts))) == LINES


def test_an_archive_in_a_pipe_is_refused(pipe):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("inside"))
    content = packed.getvalue()
    with pytest.raises(InputError, match="this is a tar archive"):
        list(checked_lines(pipe(content[:3], content[3:200], content[200:600])))


@pytest.mark.parametrize("parts", [(b"B", b"Z"), (b"\x1f",), (b"a", b"b\n", b"c")])
def test_a_short_text_in_a_pipe_is_read(pipe, parts):
    with opened_text(pipe(*parts)) as file:
        assert plain_size(file) is None
        assert file.read() == b"".join(parts)


def test_the_first_line_of_a_pipe_is_given_before_the_second_is_written(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    # Opened for reading and writing, so that opening does not wait.
    writer = os.open(path, os.O_RDWR)
    try:
        os.write(writer, b"one\n")
        with opened_text(path) as file:
            lines = decoded_lines(file, path)
            assert next(lines) == "one"
            os.write(writer, b"two\n")
            assert next(lines) == "two"
    finally:
        os.close(writer)


def test_a_zstandard_file_of_a_large_window_is_read(file):
    parameters = zstandard.ZstdCompressionParameters(window_log=28)
    stream = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    packed = stream.compress(TEXT) + stream.flush()
    assert zstandard.get_frame_parameters(packed).window_size == 2**28
    assert list(checked_lines(file(packed))) == LINES
