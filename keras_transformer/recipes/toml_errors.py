"""Describes an error in a TOML file in one line: the error, its line, and the usual reason."""

import re
import tomllib

_LONGEST_LINE = 100
_KEY_AND_VALUE = re.compile(r"\s*([\w.-]+)\s*=\s*(.*?)\s*(?:#.*)?")


def explain_toml_error(text, error):
    """Describes an error of TOML.

    Args:
        text: the text of the file.
        error: the `tomllib.TOMLDecodeError`.

    Returns:
        A string with the error, its line, and advice if the reason is known.
    """
    line = _line_of(text, str(error))
    shown = line.strip()
    if len(shown) > _LONGEST_LINE:
        shown = shown[: _LONGEST_LINE - 1] + "…"
    advice = _advice(line)
    return f"{error}: {shown}" + (f" ({advice})" if advice else "")


def _line_of(text, message):
    """Returns the line of an error. For an error at the end of the document, the last line that is not blank."""
    lines = re.split(r"\r?\n", text)
    if place := re.search(r"\(at line (\d+), column \d+\)", message):
        return lines[int(place[1]) - 1]
    return next((line for line in reversed(lines) if line.strip()), "")


def _advice(line):
    """Returns the corrected line, or None if it is not known."""
    given = _KEY_AND_VALUE.fullmatch(line)
    if given is None:
        if re.match(r"\s*[\w.-]+\s*:", line):
            return "put = between a key and its value"
        return None
    key, value = given.groups()
    if value in ("True", "False"):
        return f"write it in lower case: {key} = {value.lower()}"
    if value in ("", "None", "null"):
        return "remove a key without a value"
    quote = value[0]
    if quote in "\"'":
        if value.count(quote) % 2:
            return "a quote is missing"
        return f"put a path with backslashes in single quotes: {key} = '{value[1:-1]}'" if "\\" in value else None
    if quote in "[{" or _is_toml(f"{key} = {value}") or not _is_toml(f'{key} = "{value}"'):
        return None
    # Quotes of word processors are removed.
    bare = value.strip("\u2018\u2019\u201c\u201d\"'")
    return f'put text in quotes: {key} = "{bare}"'


def _is_toml(text):
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True
