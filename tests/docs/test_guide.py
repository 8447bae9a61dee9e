"""The guide: included code, outputs, both languages, notebooks, and the names in the code of paper and lecture."""

import ast
import os
import re
import subprocess
import sys

import guide_pages
import make_guide
import pytest
from guide_pages import GUIDE, REPOSITORY

PAGES = guide_pages.all_pages()
NAMES = [page.name for page in guide_pages.pages("en")]
HINT = "run `.venv/bin/python docs/make_guide.py`"
# Upper bound of the processor time of all notebooks. It does not depend on other programs of the machine.
SECONDS = 600
_FORMULA = re.compile(r"^\$\$.*?\$\$$", re.MULTILINE | re.DOTALL)
_INLINE_FORMULA = re.compile(r"(.?)(\$[^$\n]+\$)(.?)")
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_INCLUDE = re.compile(r"<!-- include: (\S+) -->")
_ROW = re.compile(r"^\|.*\| \[`([^`:]+): ([^`]+)`\]\(\.\./\.\./\.\./([^)]+)\) \| `([^`]+)` \|$", re.MULTILINE)


def relative(page):
    return str(page.relative_to(GUIDE))


def text_of(page):
    return page.read_text(encoding="utf-8")


def trains(page):
    return "kt.train(" in text_of(page)


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_included_code_and_navigation_are_current(page):
    assert text_of(page) == guide_pages.expanded(page), HINT


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_notebooks_are_those_of_the_pages(page):
    path = guide_pages.notebook_path(page)
    if guide_pages.blocks(text_of(page)):
        assert text_of(path) == make_guide.notebook(page), HINT
    else:
        assert not path.exists()


def test_every_notebook_has_a_page():
    assert set(GUIDE.glob("*.ipynb")) <= {guide_pages.notebook_path(page) for page in PAGES}


def test_the_index_has_every_page_and_notebook():
    index = text_of(GUIDE / "README.md")
    for page in PAGES:
        assert f"({relative(page)})" in index
        path = guide_pages.notebook_path(page)
        assert (f"({path.name})" in index) == path.exists()


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=[pytest.mark.slow] if page.stem == "09-training" else [])
        for page in guide_pages.pages("en")
        if not trains(page)
    ],
    ids=relative,
)
def test_blocks_print_the_outputs_of_the_page(page, tmp_path):
    expected = [block.output for block in guide_pages.blocks(text_of(page))]
    assert guide_pages.outputs_of(page, tmp_path) == expected


def without_comments(code):
    return ast.dump(ast.parse(code))


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_same_code_outputs_and_formulas(name):
    english, korean = (text_of(GUIDE / language / name) for language in ("en", "ko"))
    for before, after in zip(guide_pages.blocks(english), guide_pages.blocks(korean), strict=True):
        assert without_comments(before.code) == without_comments(after.code)
        assert (before.output, before.image) == (after.output, after.image)
    for pattern in (_FORMULA, _INCLUDE):
        assert pattern.findall(english) == pattern.findall(korean)
    assert [row[1:] for row in _ROW.findall(english)] == [row[1:] for row in _ROW.findall(korean)]
    assert len(re.findall(r"^#+ ", english, re.MULTILINE)) == len(re.findall(r"^#+ ", korean, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_formulas_inside_a_line_have_spaces_or_punctuation_around_them(page):
    """GitHub shows the formula as text otherwise, for example before a Korean particle."""
    prose = _FORMULA.sub("", _FENCE.sub("", text_of(page)))
    for before, formula, after in _INLINE_FORMULA.findall(prose):
        assert before in ("", " ", "(")
        assert after in ("", " ", ",", ".", ":", ")"), formula


@pytest.mark.parametrize("page", [GUIDE / language / NAMES[-1] for language in ("en", "ko")], ids=relative)
def test_the_lines_of_paper_and_lecture_are_in_the_code(page):
    rows = _ROW.findall(text_of(page))
    assert len(rows) == len(re.findall(r"^\|[^\n]*\.py\) \|", text_of(page), re.MULTILINE)) > 40
    for path, symbol, link, line in rows:
        assert link == f"keras_transformer/{path}"
        lines = [each.strip() for each in guide_pages.source_of(link, symbol).splitlines()]
        assert line in lines, f"{path}: {symbol}"


def test_source_of_an_unknown_symbol_is_an_error():
    with pytest.raises(ValueError, match=r"special_tokens.py must have the symbol NOTHING. Received: no NOTHING."):
        guide_pages.source_of("keras_transformer/special_tokens.py", "NOTHING")


def test_included_code_has_no_docstring():
    code = guide_pages.included("keras_transformer/layers/feed_forward.py:FeedForward.call")
    assert code.startswith("# keras_transformer/layers/feed_forward.py: FeedForward.call\ndef call(self, inputs")
    assert '"""' not in guide_pages.included("keras_transformer/layers/attention.py:attention_scores")


def test_outputs_are_written_into_the_page():
    text = "# 1\n\n```python\nprint(1)\n```\n\n```\nold\n```\n\n![x](x.png)\n\n```python\na = 1\n```\n\nend\n"
    expected = "# 1\n\n```python\nprint(1)\n```\n\n```\n1\n```\n\n![x](x.png)\n\n```python\na = 1\n```\n\nend\n"
    assert guide_pages.with_outputs(text, ["1\n", ""]) == expected


@pytest.mark.slow
def test_notebooks_run_from_top_to_bottom(tmp_path):
    command = [sys.executable, str(REPOSITORY / "docs" / "make_guide.py"), "--run", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUTF8": "1"}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8")
    assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
    seconds = re.search(r"(\d+) s of processor time", result.stdout)
    assert int(seconds[1]) < SECONDS, result.stdout
