import collections
import dataclasses
import itertools
import re
import statistics

from keras_transformer.cleaning.character_scripts import count_scripts, scripts_of_language
from keras_transformer.cleaning.language_classifier import is_classifier_installed, language_classifier

# Maximum number of pairs at the beginning of a corpus from which its facts are learned.
_SAMPLE_PAIRS = 10_000
# Number of characters after which the sample ends as well. A line can have 16 MiB.
_SAMPLE_CHARACTERS = 1 << 26
# Number of texts whose language is detected.
_CLASSIFIED_TEXTS = 1000
_LONG_ENOUGH = 10
_LEAST_PROBABILITY = 0.5
_MAJORITY = 0.6
_LEAST_SCRIPT_SHARE = 0.2
_SEPARATE_SIGN, _ATTACHED_SIGN = re.compile(r"\s[.,。،](?=\s|$)"), re.compile(r"[^\W\d_][.,。،](?=\s|$)")


@dataclasses.dataclass(frozen=True)
class CorpusFacts:
    """Properties of a corpus that the rules compare each pair with.

    Args:
        languages: language tags of source and target, None if unknown.
        scripts: scripts of source and target, sets of codes of ISO 15924.
        length_ratio: median ratio of the length of the target to that of the source, in characters.
        tokenised: whether source and target are tokenised: most full stops and commas are separate tokens.
        detected: the sides whose language was detected: "source", "target".
    """

    languages: tuple[str | None, str | None]
    scripts: tuple[frozenset[str], frozenset[str]]
    length_ratio: float
    tokenised: tuple[bool, bool] = (False, False)
    detected: tuple[str, ...] = ()


def first_rows(rows, size_of):
    """Returns the rows from which the facts of a corpus are learned: the first 10,000, or 64 million characters.

    Args:
        rows: an iterator. It continues after these rows.
        size_of: function that returns the number of characters of a row.
    """
    found, characters = [], 0
    for row in itertools.islice(rows, _SAMPLE_PAIRS):
        found.append(row)
        characters += size_of(row)
        if characters >= _SAMPLE_CHARACTERS:
            break
    return found


def corpus_facts(sample, settings):
    """Returns the `CorpusFacts` of the first pairs of a corpus.

    Args:
        sample: a list of `(source, target)` strings.
        settings: `CleaningSettings`. Languages that are given are not detected.
    """
    sides = list(zip(*sample, strict=True)) or [(), ()]
    languages, detected = list(settings.languages), []
    for place, name in enumerate(("source", "target")):
        if languages[place] is None and (found := _detected_language(sides[place])):
            languages[place] = found
            detected.append(name)
    scripts = tuple(
        (scripts_of_language(language) if language else frozenset()) or _frequent_scripts(texts)
        for language, texts in zip(languages, sides, strict=True)
    )
    return CorpusFacts(
        tuple(languages), scripts, _length_ratio(sample), tuple(map(_is_tokenised, sides)), tuple(detected)
    )


def _detected_language(texts):
    if not is_classifier_installed():
        return None
    probabilities_of = language_classifier()
    votes = collections.Counter()
    long_enough = [text for text in texts if len(text) >= _LONG_ENOUGH] or texts
    for text in long_enough[:: max(1, len(long_enough) // _CLASSIFIED_TEXTS)]:
        for label, probability in probabilities_of(text, 1).items():
            if probability >= _LEAST_PROBABILITY:
                votes[label] += 1
    label, count = max(votes.items(), key=lambda vote: vote[1], default=(None, 0))
    return label if count >= _MAJORITY * votes.total() else None


def _frequent_scripts(texts):
    counts = sum(map(count_scripts, texts), collections.Counter())
    return frozenset(script for script, count in counts.items() if count >= _LEAST_SCRIPT_SHARE * counts.total())


def _is_tokenised(texts):
    separate = sum(len(_SEPARATE_SIGN.findall(text)) for text in texts)
    attached = sum(len(_ATTACHED_SIGN.findall(text)) for text in texts)
    return separate > attached


def _length_ratio(sample):
    ratios = [len(target) / len(source) for source, target in sample if min(len(source), len(target)) >= _LONG_ENOUGH]
    ratios = ratios or [len(target) / len(source) for source, target in sample if source and target]
    return statistics.median(ratios) if ratios else 1.0
