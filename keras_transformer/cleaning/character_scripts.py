"""Scripts of characters and of languages, as codes of ISO 15924."""

import collections
import unicodedata

from keras_transformer.text.languages import main_language

# First words of the names that Unicode gives to letters.
_SCRIPT_OF_WORD = {
    **{"LATIN": "Latn", "GREEK": "Grek", "CYRILLIC": "Cyrl", "ARMENIAN": "Armn", "HEBREW": "Hebr", "ARABIC": "Arab"},
    **{"SYRIAC": "Syrc", "THAANA": "Thaa", "DEVANAGARI": "Deva", "BENGALI": "Beng", "GURMUKHI": "Guru"},
    **{"GUJARATI": "Gujr", "ORIYA": "Orya", "TAMIL": "Taml", "TELUGU": "Telu", "KANNADA": "Knda", "MALAYALAM": "Mlym"},
    **{"SINHALA": "Sinh", "THAI": "Thai", "LAO": "Laoo", "TIBETAN": "Tibt", "MYANMAR": "Mymr", "GEORGIAN": "Geor"},
    **{"ETHIOPIC": "Ethi", "CHEROKEE": "Cher", "KHMER": "Khmr", "MONGOLIAN": "Mong", "HIRAGANA": "Hira"},
    **{"KATAKANA": "Kana", "HANGUL": "Hang", "BOPOMOFO": "Bopo", "CJK": "Hani", "YI": "Yiii", "TIFINAGH": "Tfng"},
}
_WIDTHS = ("FULLWIDTH", "HALFWIDTH")
_LANGUAGES = {
    "Arab": "ar arz azb ckb dv fa glk ks mzn pnb ps sd ug ur",
    "Armn": "hy",
    "Beng": "as bn bpy",
    "Cyrl": "ab av ba be bg bxr ce cv kk krc kv ky lez mhr mk mn mrj myv os ru rue sah sr tg tt tyv uk xal",
    "Deva": "bh dty gom hi mai mr ne new sa",
    "Ethi": "am ti",
    "Geor": "ka xmf",
    "Grek": "el",
    "Gujr": "gu",
    "Guru": "pa",
    "Hang": "ko",
    "Hani": "gan hak ja ko lzh nan wuu yue zh cmn",
    "Hebr": "he yi",
    "Hira": "ja",
    "Kana": "ja",
    "Khmr": "km",
    "Knda": "kn",
    "Laoo": "lo",
    "Latn": "af als an ast az bar br bs ca ceb co cs cy da de diq dsb en eo es et eu fi fil fr frr fy ga gd gl gn "
    "gsw gv ha haw hr hsb ht hu ia id ie ig ilo io is it jv ku kw la lb li lmo lt lv mg mi min ms mt mwl "
    "nah nap nb nds nl nn no ny oc pam pl pms pt qu rm ro rw sc scn sco sh sk sl sm sn so sq sr st su sv "
    "sw tk tl tr uz vec vep vi vls vo wa war xh yo zu",
    "Mlym": "ml",
    "Mong": "mn",
    "Mymr": "my",
    "Orya": "or",
    "Sinh": "si",
    "Taml": "ta",
    "Telu": "te",
    "Thaa": "dv",
    "Thai": "th",
    "Tibt": "bo dz",
}
# Codes that stand for several scripts.
_SCRIPTS_OF_CODE = {"Jpan": ("Hani", "Hira", "Kana"), "Kore": ("Hang", "Hani"), "Hans": ("Hani",), "Hant": ("Hani",)}


class _Scripts(dict):
    """Scripts by character, filled at the first use of a character. None for characters that are not letters."""

    def __missing__(self, character):
        script = self[character] = _script(character)
        return script


def _script(character):
    if not character.isalpha():
        return None
    first, _, rest = unicodedata.name(character, "").partition(" ")
    return _SCRIPT_OF_WORD.get(rest.partition(" ")[0] if first in _WIDTHS else first)


_SCRIPTS = _Scripts()


def count_scripts(text):
    """Returns the number of letters of each script, a `collections.Counter`.

    Letters that all scripts use, and those of rare scripts, are not counted.

    Example:

    >>> sorted(count_scripts("수박은 fruit 입니다.").items())
    [('Hang', 6), ('Latn', 5)]
    """
    if text.isascii():
        letters = sum(map(str.isalpha, text))
        return collections.Counter({"Latn": letters} if letters else {})
    counts = collections.Counter(map(_SCRIPTS.__getitem__, text))
    counts.pop(None, None)
    return counts


def scripts_of_language(language):
    """Returns the scripts of a language tag, a set. It is empty if they are unknown.

    Args:
        language: the tag. Its script, as in "sr-Latn", is the only one of the result.
    """
    parts = language.split("-")
    if len(parts) > 1 and len(parts[1]) == 4 and parts[1].isalpha():
        return frozenset(_SCRIPTS_OF_CODE.get(parts[1], (parts[1],)))
    main = main_language(language)
    return frozenset(script for script, languages in _LANGUAGES.items() if main in languages.split())
