"""Finds characters that are not next to Latin letters in correct text, such as `й` in `tйlй` for `télé`."""

import re

_LOWER = "[a-zß-öø-ÿ]"
# Letters and marks of all scripts but Latin and Greek.
_OTHER = (
    "[\u0400-\u1cff\u2c80-\u2dff\u3041-\u30fa\u30fc-\u318f\u3400-\u9fff\ua960-\ua97f\uac00-\ud7af\uf900-\ufaff"
    "\uff66-\uffdc]"
)
# Greek letters except mu, the prefix of units.
_GREEK = "[\u0386\u0388-\u03bb\u03bd-\u03ff\u1f00-\u1fff]"
_GREEK_CAPITAL, _GREEK_FIRST = "[Α-Ω]", "[Α-ΓΕ-Ω]"
_CAPITALS = "À-ÖØ-ÞŒŠŽŸ"
_MORE_CAPITALS = "ĀĂĄĆČĎĐĒĖĘĚĢĪĮĶĹĻĽŁŃŅŇŌŐŔŖŘŚŞŢŤŪŮŰŲŹŻ"
# Signs that code pages of DOS and of the Macintosh have in the places of letters with diacritics. Dashes, quotation
# marks, accents that are used as apostrophes, and the middle dot of Catalan are not among them.
_SIGN = "[€¢£¤¥¦§¨¬¯±²³¶¸¹¼½¾÷‚„†‡‰‹›ˆ˜˘˙≤≥≈≠√∂∏∫∞∩∙◊⌐⌠⌡ⁿ№─-▟]"
_LINE = "[─-▟]"
# Each match has a character that is neither ASCII nor one of these.
_SUSPECT = re.compile("[^\x00-\x7fß-öø-ÿ‘’“”«»–—…]")
_MISPLACED = re.compile(
    "|".join(
        (
            f"{_LOWER}{_OTHER}",
            f"{_OTHER}{_LOWER}",
            f"(?<![A-Za-z])[A-Z]{_OTHER}",
            # `à`, whose second byte is a no-break space. It is one character of Chinese, Korean and Japanese encodings.
            rf"(?<!\w)(?:Ă|Ć|{_OTHER}|{_GREEK_CAPITAL})(?:\u00a0(?![»:;?!])|{_LINE})",
            r"(?<!\w)[脿횪ﾃ](?!\w)",
            # Symbols are next to one letter, as in kΩ, 2πr and Δt.
            f"{_LOWER}{_GREEK}{_LOWER}",
            f"{_LOWER}{{2}}{_GREEK_CAPITAL}",
            f"{_LOWER}[ΒΓ]",
            f"{_GREEK_FIRST}{_LOWER}{{3}}",
            f"{_LOWER}[{_CAPITALS}]{_LOWER}",
            f"{_LOWER}{{2}}[{_CAPITALS}{_MORE_CAPITALS}]",
            # Not of formulas such as a±b and a√π.
            f"{_LOWER}{{2}}{_SIGN}{_LOWER}",
            f"{_LOWER}{_SIGN}{_LOWER}{{2}}",
            r"[A-Za-z]√(?![Α-ω])[^\W\d_A-Za-z]",
            f"[A-Za-z]{_LINE}",
            r"├[^\W\d_A-Za-z]",
        )
    )
)


def misplaced_characters(text):
    """Returns the first misplaced character of a Latin text with its neighbours, or None.

    Args:
        text: a string of a language that is written in Latin letters only.

    Example:

    >>> misplaced_characters("la tйlйvision")
    'tй'
    """
    found = _SUSPECT.search(text) and _MISPLACED.search(text)
    return found[0] if found else None
