"""Converts GitHub's Markdown to the Markdown of the site generator."""

import re

_FENCE = re.compile(r" *(`{3,}|~{3,})")
_ITEM = re.compile(r" *(?:[-*+]|\d+[.)]) +")
# Python-Markdown indents the content of a list item by four spaces at each level.
_INDENT = "    "


def lines_and_fences(text):
    """Yields each line of a text, and whether it belongs to a fenced block: "start", "inside" or ""."""
    fence = None
    for line in text.split("\n"):
        found = _FENCE.match(line)
        if fence is None:
            yield line, "start" if found else ""
            fence = found[1] if found else None
        else:
            yield line, "inside"
            if found and found[1].startswith(fence) and line.strip() == found[1]:
                fence = None


def outside_fences(text, change):
    """Returns a text whose lines outside of fenced blocks were passed through `change`."""
    return "\n".join(line if fence else change(line) for line, fence in lines_and_fences(text))


def python_markdown(text):
    """Indents lists by four spaces a level and separates them from the paragraph above by a blank line.

    On GitHub the content of a list item is indented to its first word, and a list may follow a paragraph directly.
    """
    lines = []
    columns = []  # Where the content of each open list item begins.
    was_in_list = False
    for line, fence in lines_and_fences(text):
        after_text = bool(lines and lines[-1].strip())
        item = None if fence else _ITEM.match(line)
        # A paragraph continues with any indentation.
        continues = after_text and not item and not fence and not line.startswith("#")
        if line.strip() and fence != "inside" and not continues:
            while columns and len(line) - len(line.lstrip()) < columns[-1]:
                columns.pop()
        if item and not columns and after_text and not was_in_list:
            lines.append("")
        was_in_list = bool(columns) or bool(item)
        margin = columns[-1] if columns else 0
        if item:
            lines.append(_INDENT * len(columns) + line.lstrip())
            columns.append(item.end())
        else:
            content = line[margin:] if not line[:margin].strip() else line.lstrip()
            lines.append(_INDENT * len(columns) + content if line.strip() else "")
    return "\n".join(lines)
