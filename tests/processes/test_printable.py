import pytest

from keras_transformer.processes.printable import printable


@pytest.mark.parametrize("text", ["a name", "나는 카페에 갔다.", "\u3000", "龍 🙂 été", "C:\\folder"])
def test_ordinary_text_stays(text):
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[2J", r"\x1b[2J"),
        ("\x9b2J", r"\x9b2J"),
        ("a\nb\r\u2028", r"a\nb\r\u2028"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("\u2066", r"\u2066"),
        ("\udcff", r"\udcff"),
        ("\x00\x07\x7f", r"\x00\x07\x7f"),
    ],
)
def test_control_characters_are_escaped(text, expected):
    assert printable(text) == expected
