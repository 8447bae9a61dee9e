"""English names of languages by BCP 47 code, for clients that show them."""

_NAMES = """
af Afrikaans|am Amharic|ar Arabic|ast Asturian|az Azerbaijani|ba Bashkir|be Belarusian|bg Bulgarian|bn Bengali
br Breton|bs Bosnian|ca Catalan|ceb Cebuano|cs Czech|cy Welsh|da Danish|de German|el Greek|en English|eo Esperanto
es Spanish|et Estonian|eu Basque|fa Persian|ff Fulah|fi Finnish|fr French|fy Western Frisian|ga Irish
gd Scottish Gaelic|gl Galician|gu Gujarati|ha Hausa|he Hebrew|hi Hindi|hr Croatian|ht Haitian Creole|hu Hungarian
hy Armenian|id Indonesian|ig Igbo|ilo Iloko|is Icelandic|it Italian|ja Japanese|jv Javanese|ka Georgian|kk Kazakh
km Khmer|kn Kannada|ko Korean|ku Kurdish|ky Kyrgyz|la Latin|lb Luxembourgish|lg Ganda|ln Lingala|lo Lao|lt Lithuanian
lv Latvian|mg Malagasy|mi Maori|mk Macedonian|ml Malayalam|mn Mongolian|mr Marathi|ms Malay|mt Maltese|my Burmese
nb Norwegian Bokmål|ne Nepali|nl Dutch|nn Norwegian Nynorsk|no Norwegian|ns Northern Sotho|oc Occitan|or Odia
pa Punjabi|pl Polish|ps Pashto|pt Portuguese|ro Romanian|ru Russian|sd Sindhi|si Sinhala|sk Slovak|sl Slovenian
so Somali|sq Albanian|sr Serbian|ss Swati|su Sundanese|sv Swedish|sw Swahili|ta Tamil|te Telugu|tg Tajik|th Thai
tk Turkmen|tl Tagalog|tn Tswana|tr Turkish|tt Tatar|ug Uyghur|uk Ukrainian|ur Urdu|uz Uzbek|vi Vietnamese|wo Wolof
xh Xhosa|yi Yiddish|yo Yoruba|yue Cantonese|zh Chinese|zu Zulu
"""
_BY_CODE = dict(entry.split(" ", 1) for line in _NAMES.split("\n") for entry in line.split("|") if entry)
_DETAILS = {"Hans": "simplified", "Hant": "traditional", "Latn": "Latin", "Cyrl": "Cyrillic", "Arab": "Arabic script"}


def language_name(code):
    """Returns the English name of a language, or its code if the name is unknown.

    Example:

    >>> language_name("ko"), language_name("zh-Hant"), language_name("pt-BR"), language_name("tlh")
    ('Korean', 'Chinese (traditional)', 'Portuguese (BR)', 'tlh')
    """
    main, _, rest = code.partition("-")
    name = _BY_CODE.get(main)
    if name is None:
        return code
    return f"{name} ({_DETAILS.get(rest, rest)})" if rest else name
