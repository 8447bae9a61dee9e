"""Parses JSON with the limits and the messages of RapidJSON, the parser of TensorFlow Serving."""

import json
import re

from keras_transformer.serving.request_error import RequestError

# Messages of RapidJSON by those of Python.
_MESSAGES = {
    "Expecting value": "Invalid value.",
    "Expecting property name enclosed in double quotes": "Missing a name for object member.",
    "Illegal trailing comma before end of object": "Missing a name for object member.",
    "Illegal trailing comma before end of array": "Invalid value.",
    "Expecting ':' delimiter": "Missing a colon after a name of object member.",
    "Extra data": "The document root must not be followed by other values.",
    "Unterminated string starting at": "Missing a closing quotation mark in string.",
    "Invalid control character at": "Invalid encoding in string.",
    "Invalid \\escape": "Invalid escape character in string.",
    "Invalid \\uXXXX escape": "Incorrect hex digit after \\u escape in string.",
}
_COMMA = {"{": "Missing a comma or } after an object member.", "[": "Missing a comma or ] after an array element."}
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)
# The escapes of valid JSON. The group is half of a pair of surrogates, which no UTF-8 can encode.
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F])|.)")
# The byte order mark, which RapidJSON skips.
_BOM = "\ufeff"
_LONGEST_VALUE = 1000
_ENCODER = json.JSONEncoder(indent=4, ensure_ascii=False)


def parsed_json(body):
    """Parses a request.

    Args:
        body: bytes. Those that are not UTF-8 become lone surrogates, see `os.fsencode`.

    Returns:
        The value. An object has the first value of each name, as in RapidJSON.

    Raises:
        RequestError: the body is not JSON.
    """
    text = body.decode("utf-8", errors="surrogateescape").removeprefix(_BOM)
    if not text.strip(" \t\r\n"):
        raise _error("The document is empty.", len(body))
    try:
        value = json.loads(text, object_pairs_hook=_first_values)
    except json.JSONDecodeError as error:
        message = _MESSAGES.get(error.msg)
        if message is None and error.msg == "Expecting ',' delimiter":
            message = _COMMA[_open_bracket(text[: error.pos])]
        position = len(text) if error.msg.startswith("Unterminated") else error.pos
        offset = len(body) - len(text[position:].encode("utf-8", errors="surrogateescape"))
        raise _error(message or error.msg, offset) from None
    except RecursionError:
        raise _error("The document is nested too deeply.", 0) from None
    except ValueError:  # A number of more digits than Python converts.
        raise _error("Number too big to be stored in double.", 0) from None
    if any(match[1] for match in _ESCAPE.finditer(text)):
        raise _error("The surrogate pair in string is invalid.", 0)
    return value


def value_text(value):
    """Returns JSON of a value for a message, as RapidJSON's PrettyWriter writes it, shortened if it is long."""
    text = ""
    for part in _ENCODER.iterencode(value):  # Indents can make the text of a nested value a thousand times longer.
        text += part[: _LONGEST_VALUE + 1]
        if len(text) > _LONGEST_VALUE:
            return f"{text[:_LONGEST_VALUE]}…"
    return text


def _first_values(pairs):
    found = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found


def _open_bracket(text):
    """Returns the bracket that is open at the end of a text."""
    brackets = []
    for character in re.findall(r"[\[\]{}]", _STRING.sub("", text)):
        if character in "[{":
            brackets.append(character)
        elif brackets:
            brackets.pop()
    return brackets[-1] if brackets else "{"


def _error(message, offset):
    return RequestError(400, f"JSON Parse error: {message} at offset: {offset}")
