"""Finds characters that are not next to lower-case Latin letters in correct text, such as `й` in `tйlй` for `télé`."""

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
_CAPITAL = "[À-ÖØ-ÞŒŠŽŸ]"
# Signs that code pages of DOS and of the Macintosh have in the places of letters with diacritics. Dashes, quotation
# marks, accents that are used as apostrophes, and the middle dot of Catalan are not among them.
_SIGN = "[¢£¤¥¦§¨¬¯±²³¶¸¹¼½¾÷‚„†‡‰‹›ˆ˜˘˙≤≥≈≠√∂∏∫∞∩∙◊⌐⌠⌡ⁿ№─-▟]"
_MISPLACED = re.compile(
    "|".join(
        (
            f"{_LOWER}{_OTHER}",
            f"{_OTHER}{_LOWER}",
            # Symbols are next to one letter, as in kΩ, 2πr and Δt.
            f"{_LOWER}{_GREEK}{_LOWER}",
            f"{_LOWER}{{2}}{_GREEK_CAPITAL}",
            f"{_GREEK_FIRST}{_LOWER}{{3}}",
            f"{_LOWER}{_CAPITAL}{_LOWER}",
            # Not of formulas such as a±b.
            f"{_LOWER}{{2}}{_SIGN}{_LOWER}",
            f"{_LOWER}{_SIGN}{_LOWER}{{2}}",
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
    found = _MISPLACED.search(text)
    return found[0] if found else None
