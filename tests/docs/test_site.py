"""The site of the pages: it builds without a warning, every link has a target, and nothing comes from another host."""

import re

import pytest

pytest.importorskip("zensical", reason="the extra `docs` is not installed")

import make_site
from site_parts.api import public_names
from site_parts.check import broken_links
from site_parts.dialect import python_markdown
from site_parts.docstrings import with_sections
from site_parts.mathml import mathml
from site_parts.pages import ROOT, Pages

PACKAGE = ROOT / "keras_transformer"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the built site."""
    return make_site.build(tmp_path_factory.mktemp("site") / "site").parent


@pytest.fixture
def repository(tmp_path):
    """A small repository: a function, README.md and two pages."""
    (tmp_path / "keras_transformer").mkdir()
    (tmp_path / "keras_transformer" / "__init__.pyi").write_text('from .parts import join\n\n__all__ = ["join"]\n')
    (tmp_path / "keras_transformer" / "__init__.py").write_text("")
    (tmp_path / "keras_transformer" / "parts.py").write_text(
        'def join(first: str) -> str:\n    """Joins texts.\n\n    Args:\n        first: a text.\n    """\n'
    )
    (tmp_path / "README.md").write_text(
        "# Name\n\nLead.\n\n## Install\n\n[a page](docs/page.md#two)\n\n## Rest\n\nText.\n"
    )
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text('# Name\n\n[Name](../README.md "include")\n\n[Install](page.md)\n')
    (tmp_path / "docs" / "page.md").write_text(
        '# Page\n\n[Install](../README.md#install "include")\n\n## Two\n\n'
        "$a_1$, `$HOME`, `[x](none.md)` and 5 $\n\n$$\\frac{a}{b}$$\n\n1. one\n2. two\n\n- three\n"
    )
    return tmp_path


def html_of(folder, name):
    return (folder / name).read_text(encoding="utf-8")


def test_the_navigation_has_every_section(site):
    text = re.sub(r"<svg.*?</svg>", "", html_of(site, "index.html"), flags=re.DOTALL)
    titles = [title.strip() for title in re.findall(r'<span class="md-ellipsis">\s*([^<]*)', text)]
    places = [titles.index(title) for title in make_site.NAVIGATION if title in titles]
    assert places == sorted(places)
    assert {
        "Quickstart",
        "Your own data",
        "Recipes",
        "Serving",
        "Mobile",
        "Web",
        "Scaling",
        "Results",
        "API",
        "FAQ",
    } <= {*titles}


def test_every_public_name_has_an_entry(site):
    index = html_of(site, "api/index.html")
    for name in public_names(PACKAGE / "__init__.pyi"):
        if (PACKAGE / name / "__init__.py").exists():
            page = html_of(site, f"api/{name}.html")
            for member in public_names(PACKAGE / name / "__init__.py"):
                assert f'id="keras_transformer.{name}.{member}"' in page, f"{name}.{member}"
        elif not name.startswith("_"):
            assert f'id="keras_transformer.{name}"' in index, name


def test_sections_of_docstrings_are_recognised(site):
    page = html_of(site, "api/layers.html")
    assert {"Parameters:", "Call arguments", "Returns:", "Example"} <= {*re.findall(r'section-title">([^<]*)<', page)}


def test_pages_are_joined_and_formulas_drawn(repository, tmp_path):
    folder = make_site.build(tmp_path / "site", repository).parent
    assert "<p>Lead.</p>" in html_of(folder, "index.html")
    page = html_of(folder, "page.html")
    assert '<h2 id="install">' in page
    assert "Rest" not in page
    # The link of README.md to this page.
    assert re.search(r'href="(page\.html)?#two">a page', page)
    assert page.count("<math") == 2
    assert "<mfrac>" in page
    assert "$HOME" in page
    assert "[x](none.md)" in page
    # On GitHub a list of another kind is a new list.
    assert re.search(r"<li>two</li>\s*</ol>\s*<ul>", page)
    assert "5 $" in page


@pytest.mark.parametrize(
    "text, message",
    [
        ("[x](none.md)", r"docs/page\.md: the link none\.md has no target"),
        ("[x](index.md#none)", "anchor does not exist"),
        ("::: keras_transformer.none", r"keras_transformer\.none could not be found"),
        ('<img src="https://example.org/a.png">', r"page\.html: loads https://example\.org/a\.png"),
    ],
)
def test_a_warning_ends_the_build(repository, tmp_path, text, message):
    with (repository / "docs" / "page.md").open("a") as page:
        page.write(f"\n{text}\n")
    with pytest.raises(SystemExit, match=message):
        make_site.build(tmp_path / "site", repository)


def test_an_included_section_must_exist(repository):
    (repository / "docs" / "page.md").write_text('# Page\n\n[x](../README.md#none "include")\n')
    with pytest.raises(ValueError, match=r"docs/page\.md: expected a heading with the anchor 'none' in README\.md"):
        Pages(repository)


def test_a_page_that_is_not_listed_is_in_more():
    titles = dict.fromkeys(["index.md", "new.md", "guide/index.md", "guide/en/1.md", "guide/ko/1.md"], "Title")
    home, guide, more = make_site.navigation(titles)
    assert (home, more) == ({"Home": "index.md"}, {"More": "new.md"})
    assert guide == {
        "Guide": ["guide/index.md", {"English": [{"Title": "guide/en/1.md"}]}, {"한국어": [{"Title": "guide/ko/1.md"}]}]
    }


@pytest.mark.parametrize(
    "text, problem",
    [
        ('<a href="none.html">', "none.html has no target"),
        ('<a href="#none">', "#none has no target"),
        ('<a href="b.html#none">', "b.html#none has no target"),
        ('<img src="none.png">', "none.png has no target"),
        ('<img srcset="b.html 1x, none.png 2x">', "none.png has no target"),
        ('<script src="//example.org/a.js">', "loads //example.org/a.js"),
        ("<style>@import 'https://example.org/a.css'</style>", "loads https://example.org/a.css"),
        ('<p style="background: url(https://example.org/a.png)">', "loads https://example.org/a.png"),
    ],
)
def test_a_problem_of_a_page_is_found(tmp_path, text, problem):
    (tmp_path / "a.html").write_text(f'<p id="here"><a href="#here"><a href="b.html#b"><a href="https://x.org">{text}')
    (tmp_path / "b.html").write_text('<p id="b">')
    assert broken_links(tmp_path) == [f"a.html: {problem}"]


def test_a_font_of_another_host_is_found(tmp_path):
    (tmp_path / "a.css").write_text("@font-face { src: url('https://example.org/a.woff2') }")
    assert broken_links(tmp_path) == ["a.css: loads https://example.org/a.woff2"]


def test_lists_are_indented_by_four_spaces():
    text = "Text:\n- one\n  two\n\n  ```\n    code\n  ```\n  1. three\n\n     four\nText.\n\nfive\n"
    expected = (
        "Text:\n\n- one\n    two\n\n    ```\n      code\n    ```\n    1. three\n\n        four\n        Text.\n\nfive\n"
    )
    assert python_markdown(text) == expected


def test_examples_of_docstrings_become_sections():
    text = "One line.\n\nCall arguments:\n    x: a number.\n\nExample:\n\n>>> f(1)\n2\n\nReference:\n    A paper.\n"
    assert with_sections(text) == (
        "One line.\n\nArgs: Call arguments\n    x: a number.\n\nExamples: Example\n    >>> f(1)\n    2\n\n"
        "Reference:\n    A paper.\n"
    )


def test_a_formula_that_is_not_supported_is_refused():
    assert "<msqrt>" in mathml(r"\sqrt{d}", "inline")
    with pytest.raises(ValueError, match="Expected a formula that latex2mathml supports"):
        mathml(r"\begin{aligned}a&=b\end{aligned}", "block")
