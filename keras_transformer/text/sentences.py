import functools
import re

from keras_transformer.errors import InputError, check_installed
from keras_transformer.text.languages import main_language

# Those that write no space between sentences.
_WITHOUT_SPACE = ("zh", "cmn", "yue", "wuu", "nan", "hak", "gan", "hsn", "lzh", "ja")
_KOREAN = "ko"
# An end of a sentence with something behind it. A full stop after one or two letters or digits is often none.
_END_INSIDE = re.compile(
    r"(?:(?:\w{3}|[가-힣]|\s)\.|[!?…])[\"'”’»)\]]*\s+\S|[。！？][”’」』）]*[^\s”’」』）。！？]",
)


def check_languages(facts):
    """Raises an `InputError` where text cannot be split into sentences and joined again.

    Args:
        facts: `TextFacts`, in which both languages must be known.
    """
    languages = {"source": facts.source_language, "target": facts.target_language}
    missing = [side for side, language in languages.items() if language is None]
    if missing:
        raise InputError(
            f"To split sentences, the {' and the '.join(missing)} language must be known, which the model does not "
            f"tell; give {' and '.join(f'--{side}-language' for side in missing)}, such as ko or en."
        )
    _check_splitter(facts.source_language)


def _check_splitter(language):
    check_installed("kiwipiepy" if main_language(language) == _KOREAN else "sentencex", extra="sentences")


def split_sentences(text, language):
    """The sentences of a paragraph, without the space between them.

    Korean is split by kiwipiepy, whose model is inside its package, all other languages by the rules of sentencex.

    Args:
        text: a string.
        language: the language tag of the text, such as "en" or "zh-Hant".

    Returns:
        A list of strings, none of them blank; empty for blank text.

    Raises:
        InputError: the package is not installed.

    Example:

    >>> split_sentences("Dr. Smith came at 3 p.m. on Monday. He left soon.", "en")
    ["Dr. Smith came at 3 p.m. on Monday.", "He left soon."]
    """
    _check_splitter(language)
    language = main_language(language)
    if language == _KOREAN:
        sentences = [text[sentence.start : sentence.end] for sentence in _kiwi().split_into_sents(text)]
    else:
        import sentencex  # noqa: PLC0415 (an extra)

        sentences = sentencex.segment(language, text)
    return [sentence.strip() for sentence in sentences if sentence.strip()]


def sentence_joiner(language):
    """What stands between two sentences: a space, or nothing in Chinese and Japanese."""
    return "" if main_language(language) in _WITHOUT_SPACE else " "


def may_be_several_sentences(text):
    """Whether a text looks like several sentences, by the signs of their ends alone, in whatever language."""
    return _END_INSIDE.search(text) is not None


def translate_sentences(translate, texts, facts):
    """Translates texts sentence by sentence.

    Args:
        translate: a function from a list of sentences to their translations and scores, two lists.
        texts: a list of strings.
        facts: `TextFacts` with both languages.

    Returns:
        The translations, joined for each text, and the sums of the scores, two lists.

    Raises:
        InputError: a language is not known, or the package that splits it is not installed.
    """
    check_languages(facts)
    rows = [split_sentences(text, facts.source_language) for text in texts]
    translations, scores = translate([sentence for row in rows for sentence in row])
    joiner, found, start = sentence_joiner(facts.target_language), ([], []), 0
    for row in rows:
        part = slice(start, start + len(row))
        found[0].append(joiner.join(translation for translation in translations[part] if translation))
        found[1].append(float(sum(scores[part])))
        start += len(row)
    return found


@functools.cache
def _kiwi():
    import kiwipiepy  # noqa: PLC0415 (an extra)

    return kiwipiepy.Kiwi()
