import re
import unicodedata

from keras_transformer.cleaning.rules.applied_rule import AppliedRule

_WORDS = re.compile(r"\w+")
# Texts of fewer words share names and numbers by chance.
_FEWEST_WORDS = 5
_COPIED = 0.8


def copied_text(settings, facts):
    """Drops pairs whose target is the source, or has at least 80 % of its words.

    Case and punctuation are ignored. Pairs without letters, such as numbers, are kept.
    """

    def check(source, target):
        if source == target:
            return "the target is a copy of the source" if any(map(str.isalpha, source)) else None
        words, others = _words(source), _words(target)
        if words == others:
            is_text = any(not word.isdigit() for word in words)
            return "the target is a copy of the source, except for case and punctuation" if is_text else None
        longest = max(len(words), len(others))
        if min(len(words), len(others)) < _FEWEST_WORDS:
            return None
        common = sum(min(words.count(word), others.count(word)) for word in set(words).intersection(others))
        return f"{common} of {longest} words are copied" if common >= _COPIED * longest else None

    return AppliedRule(check)


def _words(text):
    return _WORDS.findall((text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold())
