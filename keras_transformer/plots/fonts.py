import unicodedata

from keras_transformer.errors import InputError

# Fonts to install, by the first word of a character's Unicode name.
_ADVICE = {
    "HANGUL": "Noto Sans CJK (Debian and Ubuntu: fonts-noto-cjk) or Nanum Gothic (fonts-nanum)",
    "CJK": "Noto Sans CJK (Debian and Ubuntu: fonts-noto-cjk)",
    "HIRAGANA": "Noto Sans CJK (Debian and Ubuntu: fonts-noto-cjk)",
    "KATAKANA": "Noto Sans CJK (Debian and Ubuntu: fonts-noto-cjk)",
}
_OTHER_ADVICE = "Noto Sans for its script (Debian and Ubuntu: fonts-noto-core)"
# Unicode categories of emoji, their skin tones and keycaps, and the characters of flags of regions. Few machines have a
# font of them that matplotlib can draw.
_OPTIONAL_CATEGORIES = ("So", "Sk", "Me")
_OPTIONAL_TAGS = range(0xE0020, 0xE0080)


def font_for(texts, optional=""):
    """Selects fonts that together have every character of the texts: matplotlib's font and few installed fonts.

    Args:
        texts: strings. Their emoji may be missing from all fonts; see `without_missing`.
        optional: a string whose characters may all be missing.

    Returns:
        `matplotlib.font_manager.FontProperties`, of several families if no single family has all characters.

    Raises:
        InputError: no installed font has a character. The message has the fonts to install.
    """
    from matplotlib import font_manager, ft2font  # noqa: PLC0415 (an optional dependency)

    written = {character for text in texts for character in text if not character.isspace()}
    needed = {ord(each) for each in written if unicodedata.category(each) not in _OPTIONAL_CATEGORIES}
    needed = needed.difference(_OPTIONAL_TAGS)
    missing = {ord(each) for each in written.union(optional) if not each.isspace()}
    own = font_manager.FontProperties(family="DejaVu Sans")
    families = [own.get_name()]
    missing -= set(ft2font.FT2Font(font_manager.findfont(own)).get_charmap())
    found = []
    for path in sorted(font_manager.findSystemFonts()) if missing else []:
        try:
            font = ft2font.FT2Font(path)
            # Bitmaps, such as coloured emoji, have one size.
            characters = missing.intersection(font.get_charmap()) if font.scalable else set()
        except (OSError, RuntimeError):
            continue  # Some files with a font's ending are not fonts.
        # The font object would keep its file open, and there can be thousands.
        found.append((path, font.family_name, font.style_name == "Regular", characters))
    while missing:
        # The font with most of the missing characters, and the regular style of a family.
        path, family, _, characters = max(
            found, key=lambda item: (len(missing & item[3]), item[2]), default=(None, None, False, set())
        )
        if not missing & characters:
            if missing & needed:
                raise _not_found(chr(min(missing & needed)))
            break
        missing -= characters
        font_manager.fontManager.addfont(path)
        families.append(family)
    return font_manager.FontProperties(family=families)


def without_missing(texts, font):
    """Returns texts whose characters that none of the font's families has are replaced by white squares."""
    from matplotlib import font_manager, ft2font  # noqa: PLC0415 (an optional dependency)

    known = set()
    for family in font.get_family():
        path = font_manager.findfont(font_manager.FontProperties(family=family))
        known.update(ft2font.FT2Font(path).get_charmap())
    return ["".join(each if each.isspace() or ord(each) in known else "□" for each in text) for text in texts]


def _not_found(character):
    script = unicodedata.name(character, "").split(" ")[0]
    return InputError(
        f"No installed font has {character!r} ({script.capitalize() or 'unnamed'}). "
        f"Install {_ADVICE.get(script, _OTHER_ADVICE)}."
    )
