"""Every link between the pages of the repository has a target."""

import pathlib
import re
import string
import subprocess
import urllib.parse

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
LINK = re.compile(r"\[[^\]]*\]\(([^()\s]+)\)")
FENCE = re.compile(r"^ *(```|~~~).*?^ *\1", re.MULTILINE | re.DOTALL)
KEPT = {"-", "_", " "}


def pages():
    """Paths of all Markdown files under version control, or of all files if git is missing."""
    found = subprocess.run(
        ["git", "ls-files", "-z", "*.md"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    names = [name for name in found.stdout.split("\0") if name]
    return [REPOSITORY / name for name in names if (REPOSITORY / name).is_file()]


def text_of(page):
    """The text of a page without its blocks of code."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.*?) *$", text_of(page), re.MULTILINE)
    plain = [re.sub(r"`|\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings]
    dropped = set(string.punctuation) - KEPT
    return {"".join(each for each in heading if each not in dropped).replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_links_have_a_target(page):
    broken = []
    for link in LINK.findall(text_of(page)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = urllib.parse.unquote(link).partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken
