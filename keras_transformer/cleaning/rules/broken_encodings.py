import re
import unicodedata

from keras_transformer.cleaning.rules.applied_rule import of_both_sides
from keras_transformer.cleaning.rules.escaped_bytes import escaped_bytes
from keras_transformer.cleaning.rules.misplaced_characters import misplaced_characters
from keras_transformer.cleaning.rules.misread_bytes import misread_bytes
from keras_transformer.text.languages import main_language

# Control characters except the tab, private and unassigned code points, the replacement character, lone surrogates.
_BROKEN = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\ue000-\uf8ff\ufdd0-\ufdef\ufffd-\uffff\ud800-\udfff\U000f0000-\U0010ffff]"
)
_REPLACEMENT = "\ufffd"
# Python's form of bytes that are not UTF-8.
_FIRST_BYTE, _LAST_BYTE = "\udc80", "\udcff"
# A question mark within a word, or at its beginning before two characters. Addresses have them as well.
_LOST = re.compile(
    r"(?:^|(?<=\s))[^\W\d_]*[^\W\d_]\?+[^\W\d_A-Z][^\s=/]*(?:$|(?=\s))"
    r"|(?:^|(?<=[\s'’(«\"]))\?+[^\W\d_A-Z](?:[^\W\d_]|\?)[^\s=/]*(?:$|(?=\s))"
)
_SEPARATED = re.compile(r"[=/.@]\S*\?|\?\S*[=/@]")
# Irish has capital letters within words: hÉireann.
_CAPITALS_WITHIN_WORDS = ("ga",)


def broken_encodings(settings, facts):
    """Drops pairs with text that was decoded or converted wrongly.

    It finds bytes that are not UTF-8, the replacement character, control characters, private code points, UTF-8 read in
    another encoding such as `Ã¼` for `ü`, escaped bytes and code points, and question marks within words. In languages
    that are written in Latin letters only, it also finds letters of other scripts and signs within words.
    """
    return of_both_sides(*map(_check_of, facts.scripts, facts.languages))


def _check_of(scripts, language):
    """Returns the check of one side."""
    is_latin = scripts == {"Latn"} and not (language and main_language(language) in _CAPITALS_WITHIN_WORDS)
    return lambda text: _check(text, is_latin)


def _check(text, is_latin):
    if found := escaped_bytes(text):
        return f"has the escaped character {found!r}"
    if text.isascii() and text.isprintable():
        return _lost_letters(text)
    if found := _BROKEN.search(text):
        return _described(found[0])
    if not text.isascii() and (found := misread_bytes(text)):
        return f"has {found[0]!r}, which seems to be {found[1]!r} read in another encoding"
    if is_latin and not text.isascii() and (found := misplaced_characters(text)):
        return f"has {found!r}, which seems to be text read in another encoding"
    return _lost_letters(text)


def _lost_letters(text):
    if "?" not in text:
        return None
    for found in _LOST.finditer(text):
        if not _SEPARATED.search(found[0]):
            return f"has a question mark within the word {found[0]!r}"
    return None


def _described(character):
    if _FIRST_BYTE <= character <= _LAST_BYTE:
        return f"is not UTF-8: it has the byte 0x{ord(character) - 0xDC00:02x}"
    if character == _REPLACEMENT:
        return "has the replacement character U+FFFD"
    kind = {"Cc": "control character", "Co": "private character"}.get(unicodedata.category(character), "code point")
    return f"has the {kind} U+{ord(character):04X}"
