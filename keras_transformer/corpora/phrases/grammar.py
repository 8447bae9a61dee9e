"""The rules that join the words of `lexicon` into Korean sentences and their English translations."""

from collections.abc import Iterator
from enum import Enum
from functools import cache
from typing import NamedTuple

from .lexicon import (
    NEGATIVE_AUXILIARY,
    OBJECTS,
    PLACES,
    SUBJECTS,
    TIMES,
    VERBS,
    EnglishParts,
    KoreanParts,
    PlaceRole,
    Style,
    Subject,
    Tense,
    Time,
    Verb,
    Viewpoint,
)

# Unicode orders Hangul syllables by initial, vowel and final consonant, with 28 finals for each initial and vowel. The
# first of them is no final.
_FIRST_SYLLABLE = ord("가")
_FINALS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")

# (statement, question) endings of the tenses whose endings do not depend on the verb.
_PAST_ENDINGS = {Style.PLAIN: ("다", "니"), Style.POLITE: ("어요", "어요"), Style.FORMAL: ("습니다", "습니까")}
_FUTURE_ENDINGS = {
    Style.PLAIN: (" 것이다", " 거니"),
    Style.POLITE: (" 거예요", " 거예요"),
    Style.FORMAL: (" 것입니다", " 것입니까"),
}


class Part(Enum):
    """A part of a sentence, which has a counterpart in the other language."""

    SUBJECT = "subject"
    TIME = "time"
    OBJECT = "object"
    PLACE = "place"
    VERB = "verb"
    NEGATION = "negation"
    AUXILIARY = "auxiliary"


# Pairs of a part and its words, in the order of a language.
Parts = tuple[tuple[Part, str], ...]


class Phrase(NamedTuple):
    """A sentence pair with the dictionary form of its verb and the Korean noun of its place, if it has one.

    The parts are those of the sentences, without the mark at their end and without a capital letter.
    """

    korean: str
    english: str
    verb: str
    place: str | None
    korean_parts: Parts
    english_parts: Parts


class _Stem(NamedTuple):
    """The stem of a Korean verb, to which endings are attached. See `KoreanParts`."""

    base: str
    eu_base: str
    infinitive: str
    polite_present: str


class _Complement(NamedTuple):
    """The object and the place of a verb in the order of each language, and the place by itself."""

    korean: Parts
    english: Parts
    place: str | None


def _final_consonant(word: str) -> str:
    """Return the final consonant of the last syllable of a Korean word, or "" without a final consonant."""
    return _FINALS[(ord(word[-1]) - _FIRST_SYLLABLE) % len(_FINALS)]


def _with_particle(noun: str, after_consonant: str, after_vowel: str) -> str:
    """Append the form of a particle that the end of the noun requires."""
    return noun + (after_consonant if _final_consonant(noun) else after_vowel)


def _replace_final(word: str, final: str) -> str:
    """Replace the final consonant of the last syllable of a Korean word, or remove it with ""."""
    shift = _FINALS.index(final) - _FINALS.index(_final_consonant(word))
    return word[:-1] + chr(ord(word[-1]) + shift)


def _stem(lemma: str, parts: KoreanParts, honorific: bool = False) -> _Stem:
    """Return the stem of a verb, or with `honorific` the stem of the honorific form (가시 for 가다)."""
    if honorific:
        base = parts.honorific or parts.eu_base + "시"
        return _Stem(base, base, base[:-1] + "셔", base[:-1] + "세요")
    return _Stem(lemma.removesuffix("다"), parts.eu_base, parts.infinitive, parts.infinitive + "요")


def _conjugate_present(stem: _Stem, style: Style, question: bool) -> str:
    if style is Style.POLITE:
        return stem.polite_present
    # A final ㄹ is dropped before ㄴ and ㅂ (만들다, 만든다). Such a stem has the endings of a stem with a final vowel.
    base = _replace_final(stem.base, "") if _final_consonant(stem.base) == "ㄹ" else stem.base
    closed = bool(_final_consonant(base))
    if style is Style.FORMAL:
        return (base + "습니" if closed else _replace_final(base, "ㅂ") + "니") + ("까" if question else "다")
    if question:
        return base + "니"
    return base + "는다" if closed else _replace_final(base, "ㄴ") + "다"


def _conjugate(stem: _Stem, tense: Tense, style: Style, question: bool) -> str:
    if tense is Tense.PAST:
        return _replace_final(stem.infinitive, "ㅆ") + _PAST_ENDINGS[style][question]
    if tense is Tense.FUTURE:
        return _replace_final(stem.eu_base, "ㄹ") + _FUTURE_ENDINGS[style][question]
    return _conjugate_present(stem, style, question)


@cache
def _korean_predicate(verb: Verb, tense: Tense, style: Style, *, honorific: bool, negated: bool, question: bool) -> str:
    """Return the verb of a Korean sentence with its endings.

    Cached because a form is the same for most subjects, times, objects and places.
    """
    stem = _stem(verb.lemma, verb.korean, honorific)
    if not negated:
        return _conjugate(stem, tense, style, question)
    return f"{stem.base}지 {_conjugate(_stem(*NEGATIVE_AUXILIARY), tense, style, question)}"


def _auxiliary(tense: Tense, third_singular: bool) -> str:
    if tense is Tense.PAST:
        return "did"
    if tense is Tense.FUTURE:
        return "will"
    return "does" if third_singular else "do"


def _english_clause(subject: Subject, verb: EnglishParts, tense: Tense, *, negated: bool, question: bool) -> Parts:
    """Return the subject and the verb of an English sentence, without a capital letter."""
    auxiliary = (Part.AUXILIARY, _auxiliary(tense, subject.third_singular))
    noun, base = (Part.SUBJECT, subject.english), (Part.VERB, verb.base)
    if question:
        return auxiliary, noun, base
    if negated:
        return noun, auxiliary, (Part.NEGATION, "not"), base
    if tense is Tense.FUTURE:
        return noun, auxiliary, base
    if tense is Tense.PAST:
        return noun, (Part.VERB, verb.past)
    return noun, (Part.VERB, verb.third_singular if subject.third_singular else verb.base)


def _predicate_parts(predicate: str, negated: bool) -> Parts:
    """Return the verb, the negation and the auxiliary of a Korean predicate, which has a word for each."""
    names = [Part.VERB, *[Part.NEGATION] * negated, Part.AUXILIARY]
    return tuple(zip(names, predicate.split(), strict=False))


def _without_empty(*parts: tuple[Part, str]) -> Parts:
    return tuple(part for part in parts if part[1])


def _joined(parts: Parts) -> str:
    return " ".join(words for _, words in parts)


def _object_phrases(noun: str | None) -> tuple[str, str]:
    return (_with_particle(noun, "을", "를"), OBJECTS[noun]) if noun else ("", "")


def _place_phrases(noun: str | None, role: PlaceRole) -> tuple[str, str]:
    if not noun:
        return "", ""
    korean = noun + ("에서" if role is PlaceRole.LOCATION else "에")
    english = PLACES[noun].to if role is PlaceRole.DESTINATION else PLACES[noun].at
    return korean, english


def _complements(verb: Verb) -> Iterator[_Complement]:
    """Yield every object and place of the verb, also without a place if the verb does not need one."""
    no_place = (None,) if verb.place_role is PlaceRole.LOCATION else ()
    for noun in verb.objects or (None,):
        korean_object, english_object = _object_phrases(noun)
        for place in no_place + verb.places:
            korean_place, english_place = _place_phrases(place, verb.place_role)
            yield _Complement(
                _without_empty((Part.PLACE, korean_place), (Part.OBJECT, korean_object)),
                _without_empty((Part.OBJECT, english_object), (Part.PLACE, english_place)),
                place,
            )


def _marked_subject(subject: Subject, style: Style, question: bool) -> str:
    noun = subject.plain if style is Style.PLAIN else subject.polite
    # Korean prefers the subject particle in questions about a third person. Other subjects are topics of the sentence.
    if question and subject.viewpoint is Viewpoint.OTHER:
        return _with_particle(noun, "이", "가")
    return _with_particle(noun, "은", "는")


def _sentence_kinds(subject: Subject) -> Iterator[tuple[bool, bool]]:
    """Yield the (negated, question) pairs that are natural with the subject."""
    if subject.viewpoint is not Viewpoint.ADDRESSEE:
        yield False, False
        yield True, False
    if subject.viewpoint is not Viewpoint.SPEAKER:
        yield False, True


def _phrases_about(subject: Subject, time: Time, verb: Verb, complement: _Complement) -> Iterator[Phrase]:
    for negated, question in _sentence_kinds(subject):
        mark = "?" if question else "."
        clause = _english_clause(subject, verb.english, time.tense, negated=negated, question=question)
        english_parts = (*clause, *complement.english, (Part.TIME, time.english))
        english = _joined(english_parts) + mark
        english = english[0].upper() + english[1:]
        for style in Style:
            predicate = _korean_predicate(
                verb, time.tense, style, honorific=subject.honorific, negated=negated, question=question
            )
            topic = _marked_subject(subject, style, question)
            korean_parts = (
                (Part.SUBJECT, topic),
                (Part.TIME, time.korean),
                *complement.korean,
                *_predicate_parts(predicate, negated),
            )
            korean = _joined(korean_parts) + mark
            yield Phrase(korean, english, verb.lemma, complement.place, korean_parts, english_parts)


def generate_phrases() -> Iterator[Phrase]:
    """Yield every sentence of the grammar, with the styles of an English sentence in succession."""
    for verb in VERBS:
        for complement in _complements(verb):
            for time in TIMES:
                for subject in SUBJECTS:
                    yield from _phrases_about(subject, time, verb, complement)
