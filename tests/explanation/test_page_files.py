"""The files that every page consists of."""

import importlib
import inspect
import json
import pathlib
import re

import pytest

import keras_transformer
from keras_transformer.explanation import page_text

PACKAGE = pathlib.Path(keras_transformer.__file__).parent
PAGE = PACKAGE / "explanation" / "page"
HTML = (PAGE / "page.html").read_text("utf-8")


def _words(language):
    return json.loads((PAGE / f"{language}.json").read_text("utf-8"))


def _keys(words):
    return {key: _keys(value) if isinstance(value, dict) else None for key, value in words.items()}


def test_both_languages_have_the_same_words():
    english, korean = map(_words, page_text.LANGUAGES)
    assert _keys(english) == _keys(korean)
    places = re.compile(r"\{(\w+)\}")
    for key, text in english["program"].items():
        if isinstance(text, str):
            assert sorted(places.findall(text)) == sorted(places.findall(korean["program"][key])), key


def test_the_page_uses_every_word():
    places = set(re.findall(r"\{\{(\w+)\}\}", HTML))
    filled = {"language", "sentence", "style", "style_hash", "program", "program_hash", "data", "numbers"}
    assert places - filled == set(_words("en")["page"])
    program = "".join((PAGE / name).read_text("utf-8") for name in page_text._PROGRAMS)
    assert [name for name in _words("en")["program"] if f"words.{name}" not in program] == []


@pytest.mark.parametrize("line", sorted(set(re.findall(r'<p class="code[^"]*">(.+?)</p>', HTML))))
def test_a_line_of_code_names_what_exists(line):
    file, _, name = line.partition(": ")
    module = importlib.import_module("keras_transformer." + file.removesuffix(".py").replace("/", "."))
    found = module
    for part in name.split("."):
        found = getattr(found, part)
    assert pathlib.Path(inspect.getsourcefile(found)) == PACKAGE / file


def test_the_page_and_the_korean_guide_have_the_same_terms():
    others = re.compile("교차 어텐션|빔 서치|하위 층|밀집|피드포워드|탐욕|매개변수")
    pages = [PAGE / "ko.json", *(PACKAGE.parent / "docs" / "guide" / "ko").glob("*.md")]
    assert {page.name: found for page in pages if (found := others.findall(page.read_text("utf-8")))} == {}


def test_the_page_has_no_address_of_a_network():
    text = "".join(path.read_text("utf-8") for path in PAGE.iterdir())
    assert [
        address for address in re.findall(r"https?://[^\s\"'<]+", text) if "www.w3.org/2000/svg" not in address
    ] == []
    assert "default-src 'none'" in HTML
