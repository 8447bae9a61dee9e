"""The decoder of UTF-8 of the client in C."""

import itertools
import pathlib
import shutil
import subprocess

import pytest

CLIENT = pathlib.Path(__file__).resolve().parents[2] / "examples" / "c" / "translate_tflite.c"
PROGRAM = f"""
#define main client
#include "{CLIENT}"
#undef main
int main(void) {{
  static unsigned char text[1 << 20];
  static int32_t points[1 << 20];
  int count = decode(text, fread(text, 1, sizeof text, stdin), points);
  return fwrite(points, sizeof *points, (size_t)count, stdout) != (size_t)count;
}}
"""
# Limits of the bytes of characters.
BYTES = bytes.fromhex("41 80 8f 90 9f a0 bf c1 c2 e0 ed f0 f4 f5")


@pytest.fixture(scope="module")
def decode(tmp_path_factory):
    compiler = shutil.which("gcc") or pytest.skip("gcc is not installed")
    folder = tmp_path_factory.mktemp("c")
    source, program = folder / "decode.c", folder / "decode"
    source.write_text(PROGRAM)
    # Without the functions that call LiteRT.
    subprocess.run(
        [compiler, "-std=c11", source, "-o", program, "-ffunction-sections", "-Wl,--gc-sections"], check=True
    )
    return lambda content: subprocess.run([program], input=content, stdout=subprocess.PIPE, check=True).stdout


@pytest.mark.parametrize("content", [b"\xc1\x81", b"\xc0\x80", b"\xed\xa0\x80", b"\xf8\x88", b"\xf0\x9f\x99"])
def test_bytes_that_are_not_utf8_are_decoded_as_by_python(decode, content):
    for text in (content, b"a" + content + "나".encode()):
        assert decode(text).decode("utf-32-le") == text.decode(errors="replace")


def test_any_four_bytes_are_decoded_as_by_python(decode):
    content = b"\n".join(map(bytes, itertools.product(BYTES, repeat=4))) + "é나🙂\U0010ffff".encode()
    assert decode(content).decode("utf-32-le") == content.decode(errors="replace")
