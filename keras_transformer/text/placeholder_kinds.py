"""The kinds of text that a model keeps unchanged: patterns in the syntax of RE2, and the symbols that replace them."""

# Letters of scripts that write spaces between words. Korean, Chinese and Japanese letters end a URL or a number.
_LETTER = r"\p{Latin}\p{Greek}\p{Cyrillic}"
# A URL also has combining accents, and letters of other scripts with spaces between words. The ranges are without the
# punctuation of a script.
_URL_LETTER = (
    rf"{_LETTER}\x{{0300}}-\x{{036F}}\p{{Georgian}}\x{{0531}}-\x{{0556}}\x{{0561}}-\x{{0587}}"
    r"\x{0591}-\x{05BD}\x{05D0}-\x{05EA}\x{0620}-\x{0669}\x{066E}-\x{06D3}\x{06D5}-\x{06FF}\x{0750}-\x{077F}"
    r"\p{Devanagari}\p{Bengali}\p{Gurmukhi}\p{Gujarati}\p{Oriya}\p{Tamil}\p{Telugu}\p{Kannada}\p{Malayalam}\p{Sinhala}"
    r"\x{1200}-\x{135F}"
)
_URL_CHARACTER = rf"[{_URL_LETTER}\d\-._~:/?#@!$&*+,;=%']"
# A URL does not end with punctuation, or with a bracket that it has not opened.
_URL_REST = rf"(?:{_URL_CHARACTER}|\({_URL_CHARACTER}*\))*(?:[{_URL_LETTER}\d\-_~/#@$+=%]|\({_URL_CHARACTER}*\))"
# A host can have letters of any script.
_HOST = r"(?:[\pL\d\-]+\.)+[A-Za-z]{2,}"
_URL = rf"(?i:https?|ftp)://(?:{_HOST}(?:{_URL_REST})?|(?:\[[0-9A-Fa-f:.]+\])?{_URL_REST})|\b(?i:www)\.{_URL_REST}"
_EMAIL = (
    rf"[{_LETTER}\d_](?:[{_LETTER}\d._%+\-]*[{_LETTER}\d_])?@"
    rf"(?:[{_LETTER}\d](?:[{_LETTER}\d\-]*[{_LETTER}\d])?\.)+[A-Za-z]{{2,}}"
)
_ATTRIBUTE = r"""[A-Za-z_:@][\w:.-]*(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>=`]+))?"""
_TAG = (
    rf"<!--(?s:.*?)-->|</?[A-Za-z_][\w:.-]*(?:\s+{_ATTRIBUTE})*\s*/?>|<\?[^<>]*\?>"
    r"|&(?:[A-Za-z][A-Za-z0-9]*|#[0-9]+|#[xX][0-9A-Fa-f]+);"
)
_ONE_SPACE = r"[ \x{00A0}\x{2009}\x{202F}]"
_SPACE = f"{_ONE_SPACE}?"
# A number begins at the border of a word: "990 200" is not a number in "1990 200".
# Groups of three digits have a space or an apostrophe between them.
_ONE_NUMBER = rf"\b(?:\d{{1,3}}(?:(?:{_ONE_SPACE}|['’])\d{{3}})+(?:[.,]\d+)?|\d+(?:[.,]\d+)*)"
_NUMBER = rf"[-+\x{{2212}}±]?{_ONE_NUMBER}(?:{_SPACE}[-\x{{2013}}]{_SPACE}{_ONE_NUMBER})?"
# Units that are words of some language, such as "in", "ha" and "mi", are not listed. A unit is before its beginning:
# m² before m.
_UNITS = (
    "kWh|MWh|Wh|mAh|hPa|kcal|cal|dB|ppm|px|ft|lb|oz|mph|min|rpm|[°º][CF]|[℃℉]|°|USD|EUR|GBP|JPY|KRW|CHF|%|‰"
    r"|[kdcmµμn]?m[²³23]|[kMGdcmµμn](?:m|g|s|W|V|A|Hz|Pa|J|N|L|l|B|bit)|T(?:W|Hz|Pa|J|B|bit)|m|g|l|Hz|Pa|bit"
)
# These letters also end words and names: "the 60s", "747s", "100K". They need a space or a decimal before them.
_LETTER_UNITS = "[sWVAJNLBKht]"
_DIVISORS = "min|cm|km|kg|dl|dL|ml|mL|h|s|m|g|l|L"
_DIVIDED = rf"(?:[²³]|/(?:{_DIVISORS})[²³23]?)?"
_DECIMAL = r"[-+\x{2212}±]?\b\d+[.,]\d{1,2}"
_MEASURE = (
    rf"[$€£¥₩]{_SPACE}{_NUMBER}|{_NUMBER}{_SPACE}(?:(?:{_UNITS}){_DIVIDED}|[$€£¥₩])"
    rf"|(?:{_NUMBER}{_ONE_SPACE}|{_DECIMAL}){_LETTER_UNITS}{_DIVIDED}"
)
# A measure next to one of these is a part of something else, as in "5 même", "A5 m" and "5 l'eau".
BEFORE_MEASURE = rf"(?s).*(?:[{_LETTER}\d_][.,]?|\d['’])"
AFTER_MEASURE = rf"(?s)(?:[{_LETTER}\d_]|['’][{_LETTER}]).*"
# A whole number with one of these letters is a part of a name after a capitalised word, as in "Apollo 11 A".
LETTERED_MEASURE = rf"\d+{_ONE_SPACE}[ABKL]"
BEFORE_LETTERED_MEASURE = r"(?s)(?:.*[^\pL\d])?\p{Lu}[\pL\d]*[\s\pZ]"

NOTHING_TO_TRANSLATE = r"[\s\pZ\pC\pP\pS]*"
# In the order in which they are tried at a position.
PATTERNS = {"tag": _TAG, "url": _URL, "email": _EMAIL, "number": _MEASURE}
# The terms of a glossary have no pattern.
TERM = "term"
KINDS = (*PATTERNS, TERM)
# Numbers of a kind. A ninth URL of a text has the symbol of the first again.
NUMBERS = 8
# The written form of any symbol, also of one that a vocabulary does not have.
SYMBOL_PATTERN = r"｟[a-z]+[0-9]+｠"


def placeholder_symbols(kinds):
    """Returns the user-defined symbols of some kinds, `NUMBERS` for each: "｟url1｠", "｟url2｠" and so on."""
    return [f"｟{kind}{number}｠" for kind in kinds for number in range(1, NUMBERS + 1)]


def placeholder_kinds(symbols):
    """Returns the kinds whose symbols are all user-defined symbols of a vocabulary."""
    return [kind for kind in KINDS if set(placeholder_symbols([kind])) <= set(symbols)]
