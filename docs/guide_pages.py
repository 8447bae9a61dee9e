"""The pages of the guide: included code, navigation, blocks of code and their outputs.

A page is Markdown that needs no build. Three parts are generated, and `make_guide.py` writes them:

- the line below `<!-- navigation -->`;
- the block below `<!-- include: PATH:SYMBOL -->`, the source of a function, method or constant without its docstring.
  Several symbols are separated by commas. Without a symbol, it is the whole file;
- the block without a language below a block of Python: the text that the block printed.
"""

import ast
import contextlib
import dataclasses
import io
import os
import pathlib
import re
import textwrap

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
GUIDE = REPOSITORY / "docs" / "guide"
LANGUAGES = {"en": "English", "ko": "한국어"}
NAVIGATION = "<!-- navigation -->\n"
_NAVIGATION = re.compile(rf"^{NAVIGATION}\n.*?\n", re.MULTILINE)
_INCLUDE = re.compile(r"^<!-- include: (\S+) -->\n\n```(\w+)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
_RUN = re.compile(
    r"(?<! -->\n\n)^```python\n(?P<code>.*?)^```\n"
    r"(?:\n```\n(?P<output>.*?)^```\n)?"
    r"(?:\n!\[[^\]]*\]\((?P<image>[^)]+)\)\n)?",
    re.MULTILINE | re.DOTALL,
)


@dataclasses.dataclass(frozen=True)
class Block:
    """A block of Python that the page runs.

    Attributes:
        start, end: its place in the text of the page, with its output and picture.
        code: its lines.
        output: the text that it prints, "" if it prints nothing.
        image: path of the picture that it writes, relative to the page, or None.
    """

    start: int
    end: int
    code: str
    output: str
    image: str | None


def pages(language):
    """Returns the paths of the pages of a language in the order of the chapters."""
    return sorted((GUIDE / language).glob("*.md"))


def all_pages():
    """Returns the paths of all pages, language by language."""
    return [page for language in LANGUAGES for page in pages(language)]


def blocks(text):
    """Returns the `Block`s of a page's text in order."""
    return [
        Block(found.start(), found.end(), found["code"], found["output"] or "", found["image"])
        for found in _RUN.finditer(text)
    ]


def expanded(page):
    """Returns the text of a page with its generated navigation and included code."""
    text = page.read_text(encoding="utf-8")
    text = _NAVIGATION.sub(lambda _: f"{NAVIGATION}\n{_navigation(page)}\n", text)
    return _INCLUDE.sub(lambda found: f"<!-- include: {found[1]} -->\n\n```{found[2]}\n{included(found[1])}```\n", text)


def _navigation(page):
    chapters = pages(page.parent.name)
    place = chapters.index(page)
    links = [f"[← {_title(other)}]({other.name})" for other in chapters[max(0, place - 1) : place]]
    links.append("[" + {"en": "Guide", "ko": "목차"}[page.parent.name] + "](../README.md)")
    links += [f"[{_title(other)} →]({other.name})" for other in chapters[place + 1 : place + 2]]
    links += [
        f"[{name}](../{language}/{page.name})" for language, name in LANGUAGES.items() if language != page.parent.name
    ]
    if blocks(page.read_text(encoding="utf-8")):
        links.append(f"[notebook](../{notebook_path(page).name})")
    return " · ".join(links)


def _title(page):
    return page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def notebook_path(page):
    """Returns the path of the notebook of a page."""
    return GUIDE / f"{page.stem}{'' if page.parent.name == 'en' else '.' + page.parent.name}.ipynb"


def included(reference):
    """Returns the code of `PATH:SYMBOL,SYMBOL` or `PATH`, with a first line that names the place.

    Raises:
        ValueError: the file has no such symbol.
    """
    path, _, symbols = reference.partition(":")
    if not symbols:
        return f"# {path}\n\n" + (REPOSITORY / path).read_text(encoding="utf-8").strip() + "\n"
    names = symbols.split(",")
    parts = [source_of(path, name) for name in names]
    between = "" if all(part.count("\n") == 1 for part in parts) else "\n\n"
    return f"# {path}: {', '.join(names)}\n" + between.join(parts)


def source_of(path, symbol):
    """Returns the source of a function, method, class or constant of a file.

    Docstring, calls of `observe` and indentation are dropped.

    Args:
        path: the file, relative to the repository.
        symbol: a name such as `attention_scores`, `FeedForward.call` or `PADDING_ID`.

    Raises:
        ValueError: the file has no such symbol.
    """
    source = (REPOSITORY / path).read_text(encoding="utf-8")
    node = ast.parse(source)
    for name in symbol.split("."):
        found = [child for child in getattr(node, "body", ()) if name in _names(child)]
        if not found:
            raise ValueError(f"{path} must have the symbol {symbol}. Received: no {name}.")
        node = found[0]
    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
    numbers = set(range(first, node.end_lineno + 1)) - _docstring_lines(node) - _observing_lines(node)
    lines = [line for number, line in enumerate(source.splitlines(keepends=True), 1) if number in numbers]
    return textwrap.dedent("".join(lines))


def _names(node):
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    return [target.id for target in getattr(node, "targets", ()) if isinstance(target, ast.Name)]


def _docstring_lines(node):
    """Returns the numbers of the lines of a docstring."""
    if not isinstance(node, ast.FunctionDef | ast.ClassDef) or ast.get_docstring(node) is None:
        return set()
    return set(range(node.body[0].lineno, node.body[0].end_lineno + 1))


def _observing_lines(node):
    """Returns the numbers of the lines that hand out intermediate results by `observe`."""
    found = set()
    for child in ast.walk(node):
        call = child.value if isinstance(child, ast.Expr) else None
        if isinstance(call, ast.Call) and getattr(call.func, "id", None) == "observe":
            found |= set(range(child.lineno, child.end_lineno + 1))
    return found


def outputs_of(page, folder):
    """Runs the blocks of a page in one namespace and returns the text that each prints.

    Args:
        page: path of the page.
        folder: the current folder of the blocks.
    """
    namespace, outputs = {"__name__": "__main__"}, []
    with contextlib.chdir(folder):
        for number, block in enumerate(blocks(page.read_text(encoding="utf-8")), 1):
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(block.code, f"{os.fspath(page)}, block {number}", "exec"), namespace)
            outputs.append(printed.getvalue())
    return outputs


def with_outputs(text, outputs):
    """Returns the text of a page with new outputs of its blocks."""
    for block, output in reversed(list(zip(blocks(text), outputs, strict=True))):
        part = f"```python\n{block.code}```\n"
        if output:
            part += f"\n```\n{output}```\n"
        if block.image:
            part += text[text.rindex("\n![", block.start, block.end) : block.end]
        text = text[: block.start] + part + text[block.end :]
    return text
