"""Divides HTML into text and markup without a change of the markup."""

import re
from typing import NamedTuple

# Elements whose content is not text for a reader.
_RAW_ELEMENTS = ("script", "style", "iframe", "noembed", "noframes", "xmp")
# Elements of SVG and MathML, in which "/>" ends each element.
_FOREIGN_ELEMENTS = ("svg", "math")
# Sources of a formula, which a reader does not see.
_RAW_IN_FORMULAS = ("annotation", "annotation-xml")
# Elements whose line ends are line ends for a reader.
_LINE_ELEMENTS = ("pre", "textarea")
_TAG_NAME = re.compile(r"</?([a-zA-Z][^\s/>]*)")
# A quote has a meaning after "=" only. The repetition is possessive, so the time is linear.
_REST_OF_TAG = re.compile(r"""(?:=\s*(?:"[^"]*"|'[^']*')|=(?!\s*["'])|[^>=])*+>""")


class Segment(NamedTuple):
    """A part of HTML.

    Args:
        content: the part as it is in the HTML.
        is_text: whether it is a text node.
        keeps_lines: whether its line ends are line ends for a reader, as in `pre`. Default False.
    """

    content: str
    is_text: bool
    keeps_lines: bool = False


def html_segments(html):
    """Returns the `Segment` parts of HTML in order. Together they are the HTML.

    Tags, comments and the content of elements such as `script` and `style` are markup. A tag without an end is markup
    up to the end of the HTML, as in browsers. The time is linear in the length.

    Args:
        html: a string, a whole page or a part.
    """
    segments, start, position, lines_of, unended = [], 0, 0, None, set()
    foreign, depth = None, 0  # The outermost element of SVG or MathML, and the number of its name that are open.

    def add(end, is_text):
        nonlocal start
        if end > start:
            segments.append(Segment(html[start:end], is_text, is_text and lines_of is not None))
        start = end

    while (position := html.find("<", position)) >= 0:
        end, name = _markup_end(html, position)
        if end is None:  # A character "<" of the text.
            position += 1
            continue
        add(position, is_text=True)
        is_end = html.startswith("</", position)
        if name in _LINE_ELEMENTS and lines_of in (None, name):
            lines_of = None if is_end else name
        is_empty = html.endswith("/>", position, end)
        if name in _FOREIGN_ELEMENTS and foreign in (None, name) and not is_empty:
            depth = max(0, depth - 1) if is_end else depth + 1
            foreign = name if depth else None
        is_source = name in _RAW_IN_FORMULAS and foreign == "math"
        if (name in _RAW_ELEMENTS or is_source) and not is_end and not (is_empty and foreign):
            found = None if name in unended else _raw_end(html, end, name)
            if found is None:
                unended.add(name)
                found = end if is_empty or is_source else len(html)
            end = found
        add(end, is_text=False)
        position = end
    add(len(html), is_text=True)
    return segments


def _markup_end(html, position):
    """Returns the end of the markup at a position, or None for text, and the name of an element, or None."""
    if html.startswith("<!--", position):
        # "<!-->" and "<!--->" are whole comments.
        found = re.compile("-?>|.*?--!?>", re.DOTALL).match(html, position + 4)
        return (found.end() if found else len(html)), None
    match = _TAG_NAME.match(html, position)
    if match:
        found = _REST_OF_TAG.match(html, match.end())
        return (found.end() if found else len(html)), match[1].lower()
    if html[position + 1 : position + 2] in ("!", "?", "/") and html[position + 1 : position + 2]:
        found = html.find(">", position)
        return (found + 1 if found >= 0 else len(html)), None
    return None, None


def _raw_end(html, position, name):
    """Returns the position of the end tag of an element whose content is not parsed, or None."""
    found = re.compile(rf"</{re.escape(name)}(?=[\s/>])", re.IGNORECASE).search(html, position)
    return found.start() if found else None
