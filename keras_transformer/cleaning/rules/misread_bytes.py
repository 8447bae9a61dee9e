"""Finds UTF-8 that was read in an encoding of one byte per character, such as `Ã¼` for `ü`."""

import re
import unicodedata

# Windows-1252 with ISO 8859-1 for the bytes that it does not define.
_WINDOWS = {bytes([byte]).decode("cp1252", "ignore") or chr(byte): byte for byte in range(0x80, 0x100)} | {
    chr(byte): byte for byte in range(0x80, 0x100)
}
_CONTINUATION = "".join(re.escape(character) for character, byte in _WINDOWS.items() if byte < 0xC0)
# Bytes of UTF-8 sequences: the first byte has the length of the sequence.
_SEQUENCE = f"[Â-Þ][{_CONTINUATION}]|[à-ï][{_CONTINUATION}]{{2}}|[ð-ô][{_CONTINUATION}]{{3}}"
_SEQUENCES = re.compile(f"(?:{_SEQUENCE})+")
# Signs that follow a letter in correct text: quotation marks, dashes, the ellipsis, a no-break space, marks of trade.
_AFTER_LETTERS = frozenset(
    "\u2018\u2019\u201a\u201c\u201d\u201e\u2039\u203a\u00ab\u00bb\u2013\u2014\u2026\u00a0\u00a9\u00ae\u2122"
)
_AFTER_OTHER_LETTERS = _AFTER_LETTERS | frozenset("\u00aa\u00b0\u00b2\u00b3\u00b7\u00b9\u00ba")
_FREQUENT = "ÂÃÄÅ"
# A quotation mark or dash whose last byte is missing or shown in another way. German has `‚Ä` as well, so the last byte
# of Mac OS Roman is checked.
_QUOTE = re.compile("\u00e2\u20ac|\u0432\u0402|\u03b2\u20ac|\u0411\u2500|\u201a\u00c4[ìîïñóòôöõúùûü†°¢£§•¶]")


def _continuations(*encodings):
    """Returns the characters that bytes of UTF-8 sequences after the first have in these encodings."""
    text = "".join(bytes(range(0x80, 0xC0)).decode(encoding) for encoding in encodings)
    return re.escape("".join(dict.fromkeys(text)))


# The first byte of letters with diacritics is a root in Mac OS Roman, and a line in code pages of DOS. A root before
# one of these signs can also be mathematics, except within a word.
_OF_MATHEMATICS = "∞±≤≥µ∂∑∏π∫Ω≠"
_ROOT = re.compile(
    rf"√(?![{_OF_MATHEMATICS}])[{_continuations('mac_roman')}]|(?<=[A-Za-z])√[{_OF_MATHEMATICS}]"
    rf"|├[{_continuations('cp437', 'cp850')}]"
)
# `à`, whose second byte is a no-break space that became a space.
_LOST_SPACE = re.compile("(?<![A-ZÀ-Þ])Ã(?=[\\s,.;:!?]|$)")
_CAPITAL = re.compile("[A-ZÀ-Þ]")
_OTHER_ENCODINGS = ("cp1250", "cp1251", "cp1253", "cp1257", "cp1258", "mac_roman", "cp437", "cp850", "koi8_r")
# First bytes of Latin letters with diacritics, and of quotation marks.
_LATIN_BYTES = (0xC2, 0xC3, 0xC4, 0xC5, 0xE2)
# Characters that are not ASCII, within or at the end of a word of ASCII letters.
_RUN = re.compile(r"(?<=[A-Za-z])[^\x00-\x7f]{2,}|[^\x00-\x7f]{2,}(?=[A-Za-z])")
# Characters of a text that is not in ASCII letters at all.
_LONG_RUN = re.compile(r"[^\x00-\x7f]{6,}")


def misread_bytes(text):
    """Returns the first misread characters and the characters that they seem to be, or None.

    Args:
        text: a string.

    Example:

    >>> misread_bytes("ein grÃ¼ner Hut")
    ('Ã¼', 'ü')
    >>> misread_bytes("Das macht Spaß…“")
    """
    for found in _SEQUENCES.finditer(text):
        if (plain := _decoded(found[0])) and _is_misread(found, plain, text):
            return found[0], plain
    if found := _QUOTE.search(text):
        return found[0], "a quotation mark or a dash"
    if found := _ROOT.search(text):
        return found[0], "a letter with a diacritic"
    if found := _LOST_SPACE.search(text):
        return found[0], "à"
    return _in_other_encoding(text)


def _decoded(misread):
    """Returns the characters of bytes that Windows-1252 shows as `misread`, or None."""
    try:
        plain = bytes(_WINDOWS[character] for character in misread).decode("utf-8")
    except UnicodeDecodeError:
        return None
    return plain if all(unicodedata.category(character) not in ("Cn", "Co", "Cc") for character in plain) else None


def _is_misread(found, plain, text):
    """Returns whether misread bytes are more probable than a letter before a sign."""
    misread = found[0]
    if len(plain) > 1:  # In correct text, such pairs do not follow each other.
        return True
    signs = _AFTER_LETTERS if misread[0] in _FREQUENT else _AFTER_OTHER_LETTERS
    if any(character not in signs for character in misread[1:]):
        return True
    # These are frequent as bytes and rare as letters, except as the last letter of a word in capitals.
    before, after = _neighbours(found, text)
    return misread[0] in _FREQUENT and (not _CAPITAL.match(before) or after.isalpha())


def _in_other_encoding(text):
    for pattern in (_RUN, _LONG_RUN):
        for found in pattern.finditer(text):
            run = found[0]
            if pattern is _RUN and (_is_after_capital(found, text) or _is_of_capitals(found, text)):
                continue
            for encoding in _OTHER_ENCODINGS:
                try:
                    misread = run.encode(encoding)
                    plain = misread.decode("utf-8")
                except UnicodeError:
                    continue
                if pattern is _RUN and misread[0] not in _LATIN_BYTES:
                    continue
                if any(map(str.isalpha, plain)) or plain[0] in "\u2018\u2019\u201c\u201d\u2013\u2014\u2026":
                    return run, plain
    return None


def _is_of_capitals(found, text):
    """Returns whether characters are Latin letters of a word in capitals, as in `DEVÄŤ`."""
    is_next_to_capital = any("A" <= character <= "Z" for character in _neighbours(found, text))
    return is_next_to_capital and all(unicodedata.name(each, "").startswith("LATIN CAPITAL") for each in found[0])


def _is_after_capital(found, text):
    """Returns whether characters are the last letter of a word in capitals and signs, as in `CASĂ”`."""
    before, after = _neighbours(found, text)
    is_word_end = not after.isalpha() and _AFTER_LETTERS.issuperset(found[0][1:])
    return is_word_end and _CAPITAL.match(before) is not None


def _neighbours(found, text):
    """Returns the characters before and after a match, or empty strings. Longer parts of a text would be copies."""
    return text[max(0, found.start() - 1) : found.start()], text[found.end() : found.end() + 1]
