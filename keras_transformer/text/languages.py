import re

# Three-letter codes of common languages that have two letters in BCP 47.
_SHORTER = {
    **{"ara": "ar", "bul": "bg", "ces": "cs", "cze": "cs", "chi": "zh", "zho": "zh", "dan": "da", "deu": "de"},
    **{"ger": "de", "ell": "el", "gre": "el", "eng": "en", "fas": "fa", "per": "fa", "fin": "fi", "fra": "fr"},
    **{"fre": "fr", "heb": "he", "hin": "hi", "hun": "hu", "ind": "id", "ita": "it", "jpn": "ja", "kor": "ko"},
    **{"nld": "nl", "dut": "nl", "nor": "no", "pol": "pl", "por": "pt", "ron": "ro", "rum": "ro", "rus": "ru"},
    **{"spa": "es", "swe": "sv", "tha": "th", "tur": "tr", "ukr": "uk", "vie": "vi"},
}
# Languages with the tag of the group that includes them, or with their other tag.
_GROUPS = {
    **{"nb": "no", "nn": "no", "bs": "sh", "hr": "sh", "sr": "sh", "fil": "tl", "iw": "he", "in": "id"},
    **dict.fromkeys(("cmn", "gan", "hak", "hsn", "lzh", "nan", "wuu", "yue"), "zh"),
}
# BCP 47 without the few irregular legacy tags, such as "i-klingon".
_TAG = re.compile(
    r"(?P<language>[a-z]{2,3}(?:-[a-z]{3}){0,3})"
    r"(?:-(?P<script>[a-z]{4}))?"
    r"(?:-(?P<region>[a-z]{2}|\d{3}))?"
    r"(?P<rest>(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*(?:-[a-wyz\d](?:-[a-z\d]{2,8})+)*(?:-x(?:-[a-z\d]{1,8})+)?)",
    re.IGNORECASE,
)


def language_tag(text):
    """Returns a BCP 47 language tag in canonical case, such as "ko", "pt-BR" or "zh-Hant-TW".

    Args:
        text: the tag, in upper or lower case.

    Raises:
        ValueError: the text is not a BCP 47 language tag.
    """
    match = _TAG.fullmatch(text)
    if match is None:
        raise ValueError(f"expected a language tag of BCP 47, such as ko, pt-BR or zh-Hant. Received: {text!r}")
    parts = [match["language"].lower()]
    if shorter := _SHORTER.get(parts[0]):
        raise ValueError(f"expected the shorter language tag {shorter}. Received: {text!r}")
    if match["script"]:
        parts.append(match["script"].title())
    if match["region"]:
        parts.append(match["region"].upper())
    return "-".join(parts) + match["rest"].lower()


def set_canonical_languages(fields):
    """Replaces the language tags of a frozen dataclass by those in canonical case.

    Args:
        fields: the dataclass, with `source_language` and `target_language`, each a tag or None.

    Raises:
        ValueError: a value is not a BCP 47 language tag. The message names the field.
    """
    for name in ("source_language", "target_language"):
        tag = getattr(fields, name)
        if tag is not None:
            try:
                object.__setattr__(fields, name, language_tag(tag))
            except (ValueError, TypeError) as error:
                raise ValueError(f"`{name}`: {error}.") from None


def main_language(tag):
    """Returns the language of a tag without script and region: "zh" for "zh-Hant-TW"."""
    return tag.split("-")[0]


def language_group(language):
    """Returns the tag of the group that includes a language, its other tag, or the language: "zh" for "cmn"."""
    return _GROUPS.get(language, language)


def known_language(text):
    """Returns the language tag of a two- or three-letter code, such as "de" for "deu", or None for another value."""
    if not isinstance(text, str):
        return None
    try:
        return language_tag(_SHORTER.get(text.lower(), text))
    except ValueError:
        return None
