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
    """A font that has every character of some texts: matplotlib's own if it can, otherwise an installed one.

    Args:
        texts: strings.

    Returns:
        `matplotlib.font_manager.FontProperties`.

    Raises:
        InputError: no installed font has them all; it says what to install.
    """
    from matplotlib import font_manager, ft2font  # noqa: PLC0415 (an optional dependency)

    characters = {ord(character) for text in texts for character in text if not character.isspace()}
    own = font_manager.findfont(font_manager.FontProperties(family="DejaVu Sans"))
    fewest_missing = characters
    for path in [own, *sorted(font_manager.findSystemFonts())]:
        try:
            missing = characters.difference(ft2font.FT2Font(path).get_charmap())
        except (OSError, RuntimeError):
            continue  # Not every file that looks like a font is one.
        if not missing:
            return font_manager.FontProperties(fname=path)
        fewest_missing = min(missing, fewest_missing, key=len)
    example = chr(min(fewest_missing))
    script = unicodedata.name(example, "").split(" ")[0]
    raise InputError(
        f"No installed font has {example!r} ({script.capitalize() or 'unnamed'}) together with the rest of the text; "
        f"install {_ADVICE.get(script, _OTHER_ADVICE)}."
    )
