"""Puts styles, program, words and data into one HTML file."""

import base64
import hashlib
import html
import importlib.resources
import json
import re

LANGUAGES = ("en", "ko")
_STYLES = ("page.css",)
_PROGRAMS = (
    *("numbers.js", "palette.js", "grid.js", "matrix_view.js", "stages.js", "search_tree.js", "facts.js"),
    "page.js",
)
_PLACE = re.compile(r"\{\{(\w+)\}\}")


def page_text(data, numbers, language):
    """Returns the HTML of the page. It allows no address of a network, and no script or style except its own.

    Args:
        data: a dictionary for JSON, see `page_data`, with the entries of `packed_numbers`.
        numbers: the text of `packed_numbers`.
        language: one of `LANGUAGES`, the language of the page's own text.
    """
    words = json.loads(_file(f"{language}.json"))
    style = "\n".join(map(_file, _STYLES))
    program = "\n".join(map(_file, _PROGRAMS))
    places = {
        **words["page"],
        "language": language,
        "sentence": html.escape(data["text"]),
        "style": style,
        "style_hash": _hash(style),
        "program": program,
        "program_hash": _hash(program),
        "data": _json_in_html({**data, "words": words["program"]}),
        "numbers": numbers,
    }
    return _PLACE.sub(lambda place: places[place[1]], _file("page.html"))


def _file(name):
    return importlib.resources.files("keras_transformer.explanation").joinpath("page", name).read_text("utf-8")


def _hash(text):
    """Returns the hash of a script or style for a Content-Security-Policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}"


def _json_in_html(content):
    """Returns JSON for a script element. A token may be `</script>`."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
