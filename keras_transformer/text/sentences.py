import functools
import re
import unicodedata

from keras_transformer.errors import InputError, check_installed
from keras_transformer.processes.command_process import ended_by_signals
from keras_transformer.text.languages import language_group, main_language

# Languages without spaces between sentences.
_WITHOUT_SPACE = ("zh", "ja")
_KOREAN = "ko"
# The token of a target language at the beginning of a text, such as ">>fra<<".
_LANGUAGE_TOKEN = re.compile(r"\s*(>>[\w-]+<<)\s*")
# An end of a sentence with text after it. A full stop after one or two letters or digits often does not end a sentence.
_END_INSIDE = re.compile(
    r"(?:(?:\w{3}|[가-힣]|\s)\.|[!?…؟۔।॥])[\"'”’»)\]]*\s+\S|[。！？][”’」』）]*[^\s”’」』）。！？]",
)


def check_languages(facts):
    """Raises an `InputError` if text cannot be split into sentences and joined again.

    Args:
        facts: `TextFacts` with both languages.
    """
    languages = {"source": facts.source_language, "target": facts.target_language}
    missing = [side for side, language in languages.items() if language is None]
    if missing:
        raise InputError(
            f"Splitting sentences needs the {' and the '.join(missing)} language, which the model folder does not "
            f"have. Set {' and '.join(f'--{side}-language' for side in missing)}, such as ko or en."
        )
    _check_splitter(facts.source_language)


def splitter_package(language):
    """Returns the name of the package that splits text of a language into sentences."""
    return "kiwipiepy" if main_language(language) == _KOREAN else "sentencex"


def _check_splitter(language):
    check_installed(splitter_package(language), extra="sentences")


def split_sentences(text: str, language: str) -> list[str]:
    """Splits a paragraph into sentences, without the spaces between them.

    Korean is split by kiwipiepy, whose package includes its model. All other languages are split by the rules of
    sentencex.

    Args:
        text: a string.
        language: the language tag of the text, such as "en" or "zh-Hant".

    Returns:
        A list of strings without blank ones. It is empty for a blank text.

    Raises:
        InputError: the package is not installed.

    Example:

    >>> kt.text.split_sentences("Dr. Smith came at 3 p.m. on Monday. He left soon.", "en")
    ['Dr. Smith came at 3 p.m. on Monday.', 'He left soon.']
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
    """Returns the separator of sentences: a space, or an empty string in Chinese and Japanese."""
    return "" if language_group(main_language(language)) in _WITHOUT_SPACE else " "


def may_be_several_sentences(text):
    """Returns whether a text seems to have several sentences, by punctuation only, in any language."""
    if not text.isascii():
        # A vowel sign counts as a letter, for example in Hindi and Tamil.
        composed = unicodedata.normalize("NFC", text)
        text = "".join("a" if unicodedata.category(each).startswith("M") else each for each in composed)
    return _END_INSIDE.search(text) is not None


def split_language_token(text, is_one_token):
    """Splits a text after the token of the target language that multilingual models of MarianMT need before a source.

    Args:
        text: a string, such as ">>fra<< Good morning."
        is_one_token: a function that returns whether a string is one token of the vocabulary.

    Returns:
        The token with a space, and the rest of the text. The first is empty if the text does not begin with a token.
    """
    match = _LANGUAGE_TOKEN.match(text)
    if match is None or not is_one_token(match[1]):
        return "", text
    return f"{match[1]} ", text[match.end() :]


def translate_sentences(translate, texts, facts, sentence_pairs=None, is_one_token=lambda text: False):
    """Translates texts sentence by sentence.

    Args:
        translate: a function from a list of sentences to their translations and scores, two lists.
        texts: a list of strings.
        facts: `TextFacts` with both languages.
        sentence_pairs: a list, to which the list of `(sentence, translation)` of each text is added. Default None.
        is_one_token: see `split_language_token`. A language token is put before each sentence, but not in
            `sentence_pairs`. Default: texts have none.

    Returns:
        The translations, joined for each text, and the sums of the scores, two lists.

    Raises:
        InputError: a language is unknown, or the package that splits it is not installed.
    """
    check_languages(facts)
    parts = [split_language_token(text, is_one_token) for text in texts]
    rows = [split_sentences(rest, facts.source_language) for _, rest in parts]
    translations, scores = translate(
        [token + sentence for (token, _), row in zip(parts, rows, strict=True) for sentence in row]
    )
    joiner, found, start = sentence_joiner(facts.target_language), ([], []), 0
    for row in rows:
        part = slice(start, start + len(row))
        found[0].append(joiner.join(translation for translation in translations[part] if translation))
        found[1].append(float(sum(scores[part])))
        if sentence_pairs is not None:
            sentence_pairs.append(list(zip(row, translations[part], strict=True)))
        start += len(row)
    return found


@functools.cache
def _kiwi():
    import kiwipiepy  # noqa: PLC0415 (an extra)

    with ended_by_signals():
        kiwi = kiwipiepy.Kiwi()
        kiwi.split_into_sents("가.")  # The first call loads more.
    return kiwi
