import unicodedata


def printable(text):
    """Escapes the characters of a text that control a terminal, such as those in file names.

    Args:
        text: any string.

    Example:

    >>> printable("a \\x1b[31mred\\x1b[0m name")
    'a \\\\x1b[31mred\\\\x1b[0m name'
    """
    return "".join(_visible(character) for character in text)


def _visible(character):
    # Control characters, format characters such as those for text direction, line separators and lone surrogates.
    if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Cs"):
        return character.encode("unicode_escape").decode("ascii")
    return character
