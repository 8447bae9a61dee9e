"""Finds characters that were written as escapes of bytes or code points, such as `\\u00e9` and `=C3=A9` for `é`."""

import re

# Escapes of UTF-8 have a first byte from C2 and then bytes from 80. One byte of another encoding is within a word.
_FIRST, _NEXT, _ONE = "[C-Fc-f][0-9A-Fa-f]", "[89ABab][0-9A-Fa-f]", "[C-F][0-9A-F]"
_ESCAPED = re.compile(
    r"\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|(?:\\[23][0-7]{2}){2}|<U\+[0-9A-F]{4,6}>"
    rf"|={_FIRST}={_NEXT}|[a-z]={_ONE}[a-z]"
)
_PERCENT = re.compile(rf"%{_FIRST}%{_NEXT}|[a-z]%{_ONE}[a-z]|%u[0-9A-Fa-f]{{4}}")
# Addresses have escapes with percent signs.
_ADDRESS = re.compile(r"://|\bwww\.|\w\.\w+/")


def escaped_bytes(text):
    """Returns the first escaped character, or None.

    Args:
        text: a string.

    Example:

    >>> escaped_bytes("caf%C3%A9")
    '%C3%A9'
    >>> escaped_bytes("https://fr.wikipedia.org/wiki/Caf%C3%A9")
    """
    if ("\\" in text or "=" in text or "<" in text) and (found := _ESCAPED.search(text)):
        return found[0]
    if "%" in text:
        for word in text.split():
            if (found := _PERCENT.search(word)) and not _ADDRESS.search(word):
                return found[0]
    return None
