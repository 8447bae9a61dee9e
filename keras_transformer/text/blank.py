"""Blank texts: a table of invisible characters, for Python and for graphs."""

import re

# First and last code point of ranges of invisible characters: Unicode's White_Space, control and format characters, and
# Default_Ignorable_Code_Point (fillers, variation selectors, tags), with the empty Braille pattern. Visible format
# characters, such as the Arabic number sign, are excluded. The table is explicit, because Python and RE2 support
# different versions of Unicode.
_INVISIBLE = (
    (0x0000, 0x0020),  # ASCII control characters and the space
    (0x007F, 0x00A0),  # further control characters and the no-break space
    (0x00AD, 0x00AD),  # soft hyphen
    (0x034F, 0x034F),  # combining grapheme joiner
    (0x061C, 0x061C),  # Arabic letter mark
    (0x115F, 0x1160),  # Hangul fillers
    (0x1680, 0x1680),  # Ogham space mark
    (0x17B4, 0x17B5),  # Khmer inherent vowels
    (0x180B, 0x180F),  # Mongolian variation selectors and vowel separator
    (0x2000, 0x200F),  # spaces, zero-width characters and marks of direction
    (0x2028, 0x202F),  # separators of lines and paragraphs, embeddings, narrow no-break space
    (0x205F, 0x206F),  # mathematical space, invisible operators, isolates
    (0x2800, 0x2800),  # Braille pattern blank
    (0x3000, 0x3000),  # ideographic space
    (0x3164, 0x3164),  # Hangul filler
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFEFF, 0xFEFF),  # zero-width no-break space, the byte order mark
    (0xFFA0, 0xFFA0),  # half-width Hangul filler
    (0xFFF0, 0xFFFB),  # reserved as ignorable, and interlinear annotation
    (0x13430, 0x1343F),  # Egyptian hieroglyph format controls
    (0x1BCA0, 0x1BCA3),  # shorthand format controls
    (0x1D173, 0x1D17A),  # musical format controls
    (0xE0000, 0xE0FFF),  # tags and variation selectors
)
# The same pattern for Python's `re` and for RE2, as in `tf.strings.regex_full_match(texts, BLANK_PATTERN)`.
BLANK_PATTERN = "[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in _INVISIBLE) + "]*"
_BLANK = re.compile(BLANK_PATTERN)


def invisible_characters():
    """Yields every character that a blank text can have."""
    for first, last in _INVISIBLE:
        yield from map(chr, range(first, last + 1))


def invisible_ranges():
    """Returns pairs of the first and the last code point of every range of invisible characters, in ascending order."""
    return _INVISIBLE


def is_blank(text):
    """Returns whether a text has only invisible characters. Such a text has no translation.

    Args:
        text: a string.

    Returns:
        True for an empty text and for a text of spaces, control characters, format characters and fillers.

    Example:

    >>> is_blank("\\u00a0\\u200b\\ufeff"), is_blank("\\u200b a")
    (True, False)
    """
    return _BLANK.fullmatch(text) is not None
