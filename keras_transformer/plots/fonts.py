import unicodedata

from keras_transformer.errors import InputError

# By the first word of a character's Unicode name: what to install.
_ADVICE = {
    "HANGUL": "Noto Sans CJK (Debian and Ubuntu: fonts-noto-cjk) or Nanum Gothic (fonts-nanum)",
    "CJK": "Noto Sans CJK (Debian and Ubuntu: fonts-noto-cjk)",
    "HIRAGANA": "Noto Sans CJK (Debian and Ubuntu: fonts-noto-cjk)",
    "KATAKANA": "Noto Sans CJK (Debian and Ubuntu: fonts-noto-cjk)",
}
_OTHER_ADVICE = "Noto Sans for its script (Debian and Ubuntu: fonts-noto-core)"


def font_for(texts):
    """Fonts that together have every character of some texts: matplotlib's own, and as few installed ones as it takes.

    Args:
        texts: strings.

    Returns:
        `matplotlib.font_manager.FontProperties`, of several families where one does not have them all.

    Raises:
        InputError: no installed font has a character; it says what to install.
    """
    from matplotlib import font_manager, ft2font  # noqa: PLC0415 (an optional dependency)

    missing = {ord(character) for text in texts for character in text if not character.isspace()}
    own = font_manager.FontProperties(family="DejaVu Sans")
    families = [own.get_name()]
    missing -= set(ft2font.FT2Font(font_manager.findfont(own)).get_charmap())
    found = []
    for path in sorted(font_manager.findSystemFonts()) if missing else []:
        try:
            font = ft2font.FT2Font(path)
            characters = missing.intersection(font.get_charmap())
        except (OSError, RuntimeError):
            continue  # Not every file that looks like a font is one.
        # Not the font itself, which keeps its file open: there may be thousands.
        found.append((path, font.family_name, font.style_name == "Regular", characters))
    while missing:
        # The one that has most of what is missing; of several cuts of one family the regular one.
        path, family, _, characters = max(
            found, key=lambda item: (len(missing & item[3]), item[2]), default=(None, None, False, set())
        )
        if not missing & characters:
            raise _not_found(chr(min(missing)))
        missing -= characters
        font_manager.fontManager.addfont(path)
        families.append(family)
    return font_manager.FontProperties(family=families)


def _not_found(character):
    script = unicodedata.name(character, "").split(" ")[0]
    return InputError(
        f"No installed font has {character!r} ({script.capitalize() or 'unnamed'}); "
        f"install {_ADVICE.get(script, _OTHER_ADVICE)}."
    )
