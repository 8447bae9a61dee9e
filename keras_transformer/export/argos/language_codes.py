"""Language codes and names of Argos Translate."""

from keras_transformer.errors import InputError
from keras_transformer.text.languages import main_language

# Codes that differ from the main language of a tag.
_CODES = {"zh-Hant": "zt", "zh-TW": "zt", "zh-HK": "zt", "pt-BR": "pb", "no": "nb", "fil": "tl", "iw": "he"}
_NAMES = {
    **{"ar": "Arabic", "az": "Azerbaijani", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan", "cs": "Czech"},
    **{"da": "Danish", "de": "German", "el": "Greek", "en": "English", "eo": "Esperanto", "es": "Spanish"},
    **{"et": "Estonian", "eu": "Basque", "fa": "Persian", "fi": "Finnish", "fr": "French", "ga": "Irish"},
    **{"gl": "Galician", "he": "Hebrew", "hi": "Hindi", "hu": "Hungarian", "id": "Indonesian", "it": "Italian"},
    **{"ja": "Japanese", "ko": "Korean", "ky": "Kyrgyz", "lt": "Lithuanian", "lv": "Latvian", "ms": "Malay"},
    **{"nb": "Norwegian", "nl": "Dutch", "pb": "Portuguese (Brazil)", "pl": "Polish", "pt": "Portuguese"},
    **{"ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "sq": "Albanian", "sr": "Serbian"},
    **{"sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "th": "Thai", "tl": "Tagalog", "tr": "Turkish"},
    **{"uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese", "zt": "Chinese (traditional)"},
}


def argos_languages(texts):
    """Returns the codes of the source and the target of a model.

    Args:
        texts: the `TextFacts`.

    Raises:
        InputError: a language is unknown, or both are the same.
    """
    codes = []
    for side in ("source", "target"):
        tag = getattr(texts, f"{side}_language")
        if tag is None:
            raise InputError(
                f"A package for Argos Translate needs the {side} language, and the model folder does not have it. Set "
                f"it with --{side}-language, in Python `{side}_language`."
            )
        codes.append(next((code for start, code in _CODES.items() if _begins(tag, start)), main_language(tag)))
    if codes[0] == codes[1]:
        raise InputError(
            f"A package for Argos Translate needs two different languages. Received: {texts.source_language} and "
            f"{texts.target_language}. Set them with --source-language and --target-language."
        )
    return codes


def language_name(code):
    """Returns the English name of a code. A rare language has its code as the name."""
    return _NAMES.get(code, code)


def _begins(tag, start):
    return tag == start or tag.startswith(f"{start}-")
