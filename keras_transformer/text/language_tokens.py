"""The tokens of a multilingual vocabulary that name a language, such as `__en__` of M2M100 and `eng_Latn` of NLLB."""

import re
from typing import NamedTuple

from keras_transformer.errors import InputError, short_repr
from keras_transformer.text.languages import known_language, main_language

_FULL_CODE = re.compile(r"[a-z]{3}_[A-Z][a-z]{3}", re.ASCII)
_TOKEN = re.compile(rf"__(?P<code>[a-z]{{2,3}})__|(?P<full>{_FULL_CODE.pattern})", re.ASCII)
# The token of a language that an imported MarianMT model does not have. Transformers reads it as the unknown token.
OTHER_LANGUAGE = ">>?<<"
# Two-letter tags of three-letter codes that `languages` does not have. The code of the standard variety, such as `arb`
# and `lvs`, has the tag of its macrolanguage.
_TAGS_OF_CODES = {
    **{"afr": "af", "aka": "ak", "als": "sq", "amh": "am", "arb": "ar", "asm": "as", "ayr": "ay", "azj": "az"},
    **{"bak": "ba", "bam": "bm", "bel": "be", "ben": "bn", "bod": "bo", "bos": "bs", "cat": "ca", "cym": "cy"},
    **{"dzo": "dz", "epo": "eo", "est": "et", "eus": "eu", "ewe": "ee", "fao": "fo", "fij": "fj", "fuv": "ff"},
    **{"gaz": "om", "gla": "gd", "gle": "ga", "glg": "gl", "grn": "gn", "guj": "gu", "hat": "ht", "hau": "ha"},
    **{"hrv": "hr", "hye": "hy", "ibo": "ig", "isl": "is", "jav": "jv", "kan": "kn", "kas": "ks", "kat": "ka"},
    **{"kaz": "kk", "khk": "mn", "khm": "km", "kik": "ki", "kin": "rw", "kir": "ky", "kmr": "ku", "knc": "kr"},
    **{"kon": "kg", "lao": "lo", "lim": "li", "lin": "ln", "lit": "lt", "ltz": "lb", "lug": "lg", "lvs": "lv"},
    **{"mal": "ml", "mar": "mr", "mkd": "mk", "mlt": "mt", "mri": "mi", "mya": "my", "nno": "nn", "nob": "nb"},
    **{"npi": "ne", "nya": "ny", "oci": "oc", "ory": "or", "pan": "pa", "pbt": "ps", "pes": "fa", "plt": "mg"},
    **{"quy": "qu", "run": "rn", "sag": "sg", "san": "sa", "sin": "si", "slk": "sk", "slv": "sl", "smo": "sm"},
    **{"sna": "sn", "snd": "sd", "som": "so", "sot": "st", "srd": "sc", "srp": "sr", "ssw": "ss", "sun": "su"},
    **{"swh": "sw", "tam": "ta", "tat": "tt", "tel": "te", "tgk": "tg", "tgl": "tl", "tir": "ti", "tsn": "tn"},
    **{"tso": "ts", "tuk": "tk", "twi": "tw", "uig": "ug", "urd": "ur", "uzn": "uz", "wol": "wo", "xho": "xh"},
    **{"ydd": "yi", "yor": "yo", "zsm": "ms", "zul": "zu"},
}


class LanguageToken(NamedTuple):
    """A language of a multilingual model.

    Args:
        code: the name of the language in the model, such as "en" or "eng_Latn".
        token_id: the id of its token.
        tag: its BCP 47 tag, such as "en" or "zh-Hant", or None if it has none.
    """

    code: str
    token_id: int
    tag: str | None


def is_full_code(text):
    """Returns whether a text is a code of NLLB, of a language and its script, such as "eng_Latn"."""
    return _FULL_CODE.fullmatch(text) is not None


def is_language_token(token):
    """Returns whether a token is a target language before a source of MarianMT, such as ">>fra<<"."""
    return token.startswith(">>") and token.find("<<") == len(token) - 2


def language_tokens(tokenizer):
    """Lists the languages of a vocabulary: control tokens named `__en__` or `eng_Latn`.

    Args:
        tokenizer: a `Tokenizer`.

    Returns:
        A list of `LanguageToken` in the order of ids. It is empty for a vocabulary of one direction.
    """
    found = []
    for token_id in tokenizer.control_ids():
        match = _TOKEN.fullmatch(tokenizer.token(token_id))
        if match:
            found.append((match["code"] or match["full"], token_id))
    languages = [_language(code) for code, _ in found]
    tokens = []
    for (code, token_id), language in zip(found, languages):
        _, _, script = code.partition("_")
        needs_script = language is not None and script and languages.count(language) > 1
        tokens.append(LanguageToken(code, token_id, f"{language}-{script}" if needs_script else language))
    return tokens


def _language(code):
    """Returns the language tag of a code, without its script."""
    language = code.partition("_")[0]
    return known_language(_TAGS_OF_CODES.get(language, language))


def find_language(tokenizer, language):
    """Returns the `LanguageToken` of a code of the model, or of a BCP 47 tag that only one language has.

    Args:
        tokenizer: a `Tokenizer`.
        language: a code such as "eng_Latn", or a tag such as "en".

    Raises:
        InputError: the vocabulary does not have the language, or more than one language has this tag.
    """
    tokens = language_tokens(tokenizer)
    tag = known_language(language) or language
    found = [token for token in tokens if token.code == language] or [token for token in tokens if tag in _names(token)]
    if len(found) != 1:
        codes = ", ".join(token.code for token in found or tokens)
        problem = "the tag of several languages" if found else "the model does not have it"
        raise InputError(f"expected a language of {codes}. Received: {short_repr(language)}, {problem}")
    return found[0]


def _names(token):
    """Returns the tags of a language, and the language of its code, such as "cat" of "cat_Latn"."""
    if token.tag is None:
        return ()
    return token.tag, main_language(token.tag), token.code.partition("_")[0]
