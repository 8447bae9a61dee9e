"""The blocks of code of the pages."""

import dataclasses
import pathlib
import re

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
# `test_guide.py` runs the blocks of the guide, those of a page in one namespace.
GUIDE_PAGES = sorted((REPOSITORY / "docs" / "guide").rglob("*.md"))
PAGES = [
    *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md")),
    *sorted(set((REPOSITORY / "docs").rglob("*.md")) - set(GUIDE_PAGES)),
    *(
        REPOSITORY / folder / "README.md"
        for folder in ("examples", "training", "saved_models", "benchmarks", "tests/fuzz")
    ),
]
SHELL, PYTHON, TOML = "sh", "python", "toml"
# Languages of blocks that a test can run. A block without a language is a tree, a table or an output.
RUNNABLE = (SHELL, PYTHON, TOML)
_BLOCK = re.compile(r"^( *)```([a-z]+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
# Above a block, or its whole first line.
_NOT_RUN_ABOVE = re.compile(r"_Not run here: [^\n]+\._\n\n\Z")
_NAMED = re.compile(r"# ([\w.]+\.toml), a recipe\n")


@dataclasses.dataclass(frozen=True)
class PageBlock:
    """One block of code.

    Attributes:
        page: path of the page.
        line: number of its first line.
        language: the word after its fence.
        text: its lines.
        is_run: whether it runs in a test. The page marks a block that does not.
    """

    page: pathlib.Path
    line: int
    language: str
    text: str
    is_run: bool

    def __str__(self):
        return f"{self.page.relative_to(REPOSITORY)}:{self.line}"

    @property
    def file_name(self):
        """The file name of the block if it is a recipe, or None."""
        named = _NAMED.match(self.text)
        return named[1] if named else None

    @property
    def trains(self):
        """Whether the block takes minutes, or needs a model or an export of the page."""
        return self.language == SHELL or re.search(r'\.fit\(|"(saved_)?models/|\.tflite"', self.text) is not None


def page_blocks(page):
    """The blocks of a page in order."""
    content = page.read_text(encoding="utf-8")
    for found in _BLOCK.finditer(content):
        before = content[: found.start()]
        text = re.sub(rf"^{found[1]}", "", found[3], flags=re.MULTILINE)
        yield PageBlock(page, before.count("\n") + 2, found[2], text, not _NOT_RUN_ABOVE.search(before))


def all_blocks():
    return [block for page in PAGES for block in page_blocks(page)]
