"""Tests of blank texts: Python and RE2 agree, and visible text is never blank."""

import importlib.util
import pathlib
import re
import unicodedata

import pytest
import tensorflow as tf

from keras_transformer.text.blank import BLANK_PATTERN, invisible_characters, is_blank

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "training" / "translate_tflite_ids.py"

CHARACTERS = [chr(code_point) for code_point in range(0x110000) if not 0xD800 <= code_point < 0xE000]
# Visible format characters: signs before numbers or words.
DRAWN_FORMATS = set("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")


def test_python_and_re2_agree_on_every_character():
    encoded = [character.encode() for character in CHARACTERS]
    in_graph = tf.strings.regex_full_match(tf.constant(encoded), BLANK_PATTERN).numpy().tolist()
    assert in_graph == [is_blank(character) for character in CHARACTERS]


def test_spaces_controls_and_formats_are_blank_but_visible_characters_are_not():
    fillers = set("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
    for character in CHARACTERS:
        category = unicodedata.category(character)
        if character in DRAWN_FORMATS or category[0] in "LNPS" and character not in fillers or category == "Co":
            assert not is_blank(character), ascii(character)
        elif category in ("Cc", "Cf", "Zs", "Zl", "Zp") or character in fillers or character.isspace():
            assert is_blank(character), ascii(character)


@pytest.mark.parametrize("text", ["", " \t\r\n", "\u00a0\u3000", "\ufeff\u200b\u2028", "\0\x1f", "\u115f\u3164\ufe0f"])
def test_a_text_of_invisible_characters_is_blank(text):
    assert is_blank(text)
    assert tf.strings.regex_full_match(text.encode(), BLANK_PATTERN)


@pytest.mark.parametrize("text", ["\u200ba\u200b", "a\nb", ".", "\u2581", "\u0301", "\ufffd", "\U000e0100\ufffc"])
def test_a_text_with_one_visible_character_is_not_blank(text):
    assert not is_blank(text)
    assert not tf.strings.regex_full_match(text.encode(), BLANK_PATTERN)


@pytest.mark.parametrize("text", [b"\xff", b" \xe3\x80", b"\xed\xa0\x80"])
def test_bytes_that_are_not_utf8_are_not_blank(text):
    assert not is_blank(text.decode("utf-8", "replace"))
    assert not tf.strings.regex_full_match(text, BLANK_PATTERN)


def test_the_script_for_tflite_files_has_the_same_definition():
    spec = importlib.util.spec_from_file_location("translate_tflite", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert [character for character in CHARACTERS if script.BLANK.fullmatch(character)] == list(invisible_characters())
    assert script.BLANK.fullmatch("")


def test_the_page_for_phones_has_the_pattern():
    page = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "mobile.md").read_text(encoding="utf-8")
    block = page.split("is this pattern")[1].split("```")[1]
    found = re.sub(r"\\x\{([0-9A-F]+)\}", lambda code: chr(int(code[1], 16)), "".join(block.split()))
    ranges = [
        range(ord(first), ord(last or first) + 1) for first, last in re.findall("(.)(?:-(.))?", found[1:-2], re.DOTALL)
    ]
    assert [chr(code) for codes in ranges for code in codes] == [*invisible_characters()]
