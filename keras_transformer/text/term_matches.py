import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from keras_transformer.text.placeholder_kinds import SYMBOL_PATTERN

_SYMBOL = re.compile(SYMBOL_PATTERN)
# First and last code points of letters of scripts without spaces between words: Thai, Lao, Tibetan, Burmese, Khmer,
# kana, bopomofo and Chinese characters.
_UNSPACED = (
    *((0x0E00, 0x0FFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3005, 0x3007), (0x3040, 0x312F), (0x31F0, 0x31FF)),
    *((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0xFF66, 0xFF9F), (0x20000, 0x3FFFF)),
)
_HANGUL = ((0x1100, 0x11FF), (0x3130, 0x318F), (0xA960, 0xA97F), (0xAC00, 0xD7FF))
# Vowels and final consonants that continue a syllable.
_LATER_JAMO = (0x1160, 0x11FF)
# Endings of contractions, such as can't, and the end of aujourd'hui. A term before 's or after l' is a word.
_CONTRACTED = {"t", "d", "m", "re", "ll", "ve", "hui"}
_AFTER_APOSTROPHE = re.compile(r"'([^\W\d_]+)")
_LETTER_BEFORE_APOSTROPHE = re.compile(r"[^\W\d_](?=')")
_HYPHENS = "-\u2010\u2011"
# No-break spaces and narrow spaces, which compare as a space, and apostrophes.
_EQUAL = str.maketrans({**dict.fromkeys("\u00a0\u2007\u2009\u202f", " "), **dict.fromkeys("\u2019\u02bc", "'")})


class TermMatch(NamedTuple):
    """An occurrence of a term: its first character, the character after its last, and the term."""

    start: int
    end: int
    term: str

    def overlaps(self, other: "TermMatch") -> bool:
        """Returns whether another match of the same text has a character of this one."""
        return self.start < other.end and other.start < self.end


class TermMatches:
    """Finds terms in texts, the longest first, without overlaps and not within words.

    A term of Korean letters can be followed by more of them, because particles are written without a space. Chinese,
    Japanese and Thai have no spaces, so a term is found anywhere in a text. A hyphen between two letters is within a
    word, as in `après-midi`, unless the term has a hyphen itself. So are an apostrophe in a contraction, as in `can't`,
    or between Cyrillic letters, and an underscore, as in `file_name`. Canonically equivalent texts, such as decomposed
    Hangul, are equal.

    Args:
        terms: the terms, strings that are not empty.
    """

    def __init__(self, terms: Iterable[str]):
        self._terms = {comparable(term): term for term in terms}
        lengths: dict[str, set[int]] = {}
        for written in self._terms:
            lengths.setdefault(written[0], set()).add(len(written))
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}

    def find(self, text: str) -> Iterator[TermMatch]:
        """Yields the `TermMatch`es of a text from left to right. Symbols of `Placeholders` are skipped."""
        text, places = _with_places(text)
        text = text.translate(_EQUAL)
        start, symbols = 0, iter([*_SYMBOL.finditer(text), None])
        symbol = next(symbols)
        while start < len(text):
            if symbol is not None and start == symbol.start():
                start, symbol = symbol.end(), next(symbols)
                continue
            last = len(text) if symbol is None else symbol.start()
            match = self._match(text, start, last)
            if match is not None:
                yield TermMatch(places[match.start], places[match.end], match.term)
            start = start + 1 if match is None else match.end

    def _match(self, text, start, last):
        for length in self._lengths.get(text[start], ()):
            end = start + length
            term = self._terms.get(text[start:end])
            if term is not None and end <= last and _is_whole(text, start, end):
                return TermMatch(start, end, term)
        return None


def composed(text):
    """Returns the canonically equivalent text in NFC."""
    return unicodedata.normalize("NFC", text)


def comparable(term):
    """Returns the form of a term that is equal for all texts that it matches."""
    return composed(term).translate(_EQUAL)


def _with_places(text):
    """Returns a text in NFC, and the place in the given text of each of its characters and of its end."""
    if unicodedata.is_normalized("NFC", text):
        return text, range(len(text) + 1)
    starts = [place for place, character in enumerate(text) if not place or not _can_compose(character)]
    parts, places = [], []
    for start, end in itertools.pairwise([*starts, len(text)]):
        part = composed(text[start:end])
        parts.append(part)
        # Marks that have not been composed are the last characters.
        places += [start, *(max(start, end - rest) for rest in range(len(part) - 1, 0, -1))]
    return "".join(parts), [*places, len(text)]


def _can_compose(character):
    """Returns whether a character can be composed with those before it: a mark, or a vowel or a final of Hangul."""
    return unicodedata.category(character).startswith("M") or "\u1160" <= character <= "\u11ff"


def _is_whole(text, start, end):
    """Returns whether a part of a text is not within a word."""
    before, first = (_script(text[start - 1]) if start else None), _script(text[start])
    last, after = _script(text[end - 1]), (_script(text[end]) if end < len(text) else None)
    is_inside_left = before is not None and before == first and first != "unspaced"
    is_inside_right = after is not None and after == last and last == "word"
    is_inside_syllable = after is not None and _LATER_JAMO[0] <= ord(text[end]) <= _LATER_JAMO[1]
    if is_inside_left or is_inside_right or is_inside_syllable:
        return False
    return not any(check(text, start, end) for check in (_is_in_compound, _is_in_contraction, _is_in_identifier))


def _is_in_compound(text, start, end):
    """Returns whether a part without a hyphen is next to one that joins two letters."""
    if not set(_HYPHENS).isdisjoint(text[start:end]):
        return False
    return any(
        0 < place < len(text) - 1
        and text[place] in _HYPHENS
        and all(map(_is_letter, (text[place - 1], text[place + 1])))
        for place in (start - 1, end)
    )


def _is_in_contraction(text, start, end):
    """Returns whether an apostrophe joins a part with letters to one word."""
    after = _AFTER_APOSTROPHE.match(text, end)
    if after and (after[1].casefold() in _CONTRACTED or _is_cyrillic(after[1])):
        return True
    before = _LETTER_BEFORE_APOSTROPHE.match(text, start - 2) if start > 1 else None
    return bool(before and (text[start:end].casefold() in _CONTRACTED or _is_cyrillic(before[0])))


def _is_cyrillic(text):
    return "\u0400" <= text[0] <= "\u052f"


def _is_in_identifier(text, start, end):
    """Returns whether an underscore joins a part with other letters or digits."""
    left, right = text[max(0, start - 2) : start], text[end : end + 2]
    return (left[-1:] == "_" and left[:1].isalnum()) or (right[:1] == "_" and right[1:].isalnum())


def _is_letter(character):
    # Hyphens between Korean words are separators.
    return not character.isdecimal() and _script(character) == "word"


def _script(character):
    """Returns "word", "hangul" or "unspaced" for a letter, a digit or a mark, or None for another character."""
    # A mark, such as a combining accent or a vowel sign of Devanagari, is a part of its word.
    if not character.isalnum() and not unicodedata.category(character).startswith("M"):
        return None
    code_point = ord(character)
    for name, ranges in (("unspaced", _UNSPACED), ("hangul", _HANGUL)):
        if any(low <= code_point <= high for low, high in ranges):
            return name
    return "word"
