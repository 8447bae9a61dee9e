import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import pytest
import zstandard

from keras_transformer import optional_packages
from keras_transformer.data import checked_lines, opened_text, plain_size
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
    message = rf"^{path}: the file is compressed \({kind}\), but its end is missing; get it anew\.$"
    with pytest.raises(InputError, match=message):
        list(checked_lines(path))


def test_a_part_that_is_truncated_is_named(file, kind):
    path = file(COMPRESS[kind](TEXT) + COMPRESS[kind](TEXT)[:20])
    with pytest.raises(InputError, match=rf"^{path}: the file is compressed \({kind}\), but its end is missing"):
        list(checked_lines(path))


def test_what_is_behind_the_last_part_is_refused(file, kind):
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
        with pytest.raises(InputError, match=r"text: expected a text file, but this is a tar archive; unpack it\.$"):
            list(checked_lines(file(content)))
    with zipfile.ZipFile(tmp_path / "text.zip", "w") as archive:
        archive.write(text)
    with pytest.raises(InputError, match=r"text\.zip: expected a text file, but this is a ZIP archive; unpack it\.$"):
        list(checked_lines(tmp_path / "text.zip"))


def test_a_package_that_is_missing_is_named_with_the_file(file, monkeypatch):
    path = file(zstandard.compress(TEXT))
    monkeypatch.setattr(optional_packages.importlib.util, "find_spec", lambda package: None)
    with pytest.raises(
        InputError, match=rf"^{path}: the file is compressed \(zstd\); zstandard is not installed: pip "
    ):
        list(checked_lines(path))


def test_the_size_of_a_compressed_text_is_not_known(file):
    with opened_text(file(TEXT)) as plain:
        assert plain_size(plain) == len(TEXT)
    with opened_text(file(gzip.compress(TEXT))) as compressed:
        assert plain_size(compressed) is None
