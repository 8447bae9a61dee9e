import unicodedata


def printable(text):
    """Text in which no character does anything to a terminal; the names of files may hold any.

    Args:
        text: any string.

    Example:

    >>> printable("a \\x1b[31mred\\x1b[0m name")
    "a \\\\x1b[31mred\\\\x1b[0m name"
    """
    return "".join(_visible(character) for character in text)


def _visible(character):
    # Controls, formats such as those that turn the direction of text round, lines' ends, halves of surrogate pairs.
    if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Cs"):
        return character.encode("unicode_escape").decode("ascii")
    return character
