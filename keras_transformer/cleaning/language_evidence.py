"""The parts of a text that show its language."""

import re

# Addresses, file names, names of users, and hashtags have these signs.
_SIGNS = re.compile(r"[@#/\\_<]|\w\.\w")
_ADDRESS = re.compile(r"[@#\\_]|://|/\S*/|\w\.\w+/|\w\.[A-Za-z]{2,4}\W*$")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
# Scripts without spaces between words: Thai, Lao, Tibetan, Burmese, Khmer, Chinese, Japanese.
_UNSPACED = "\u0e00-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
# In scripts without spaces, a character counts as a word.
_WORD = re.compile(rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}])[^\W\d_])+(?:['’-](?:(?![{_UNSPACED}])[^\W\d_])+)*")
_QUOTATION = re.compile(r"“[^“”]*”|«[^«»]*»|„[^„“”]*[“”]|\"[^\"]*\"")


def without_addresses(text):
    """Returns a text without e-mail addresses, URLs, paths, names of users, hashtags and tags.

    Example:

    >>> without_addresses("Escriba a <info@example.com> o visite www.example.com.")
    'Escriba a o visite'
    """
    if not _SIGNS.search(text):
        return text
    return " ".join(word for word in _TAG.sub(" ", text).split() if not _ADDRESS.search(word))


def words_of(text):
    """Returns the words of a text, in lower case, a set.

    Example:

    >>> sorted(words_of("L'eau, l'eau!"))
    ["l'eau"]
    """
    return {word.lower() for word in _WORD.findall(text)}


def evident_words(text):
    """Returns the words that show the language of a text, in lower case, a set.

    Quotations can have another language. A word with a capital letter can be a name, except the first one, and except
    in a text in capitals.

    Example:

    >>> sorted(evident_words('Marie lit "Gone with the Wind" à New York.'))
    ['lit', 'marie', 'à']
    """
    rest = _QUOTATION.sub(" ", text)
    words = _WORD.findall(rest) or _WORD.findall(text)
    if text.isupper():
        return {word.lower() for word in words}
    return {word.lower() for place, word in enumerate(words) if not place or not word[0].isupper()}


def without_word(text, word):
    """Returns a text without a word of `words_of`."""
    return re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", " ", text, flags=re.IGNORECASE)
