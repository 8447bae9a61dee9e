import pytest

from keras_transformer.corpora.phrases import phrase_pairs
from keras_transformer.corpora.phrases.alignments import aligned_phrases


def words_of(phrase, links):
    korean, english = phrase.korean.split(), phrase.english.split()
    return {(korean[source], english[target]) for source, target in links}


@pytest.mark.slow
def test_every_pair_has_links_of_its_words():
    phrases = list(aligned_phrases())
    assert [(phrase.korean, phrase.english) for phrase in phrases] == phrase_pairs()
    for phrase in phrases[::97]:
        assert phrase.sure <= phrase.possible
        korean, english = (len(text.split()) for text in (phrase.korean, phrase.english))
        assert {target for _, target in phrase.possible} == set(range(english))
        assert {source for source, _ in phrase.possible} <= set(range(korean))


@pytest.mark.slow
def test_the_links_are_those_of_the_meaning():
    by_korean = {phrase.korean: phrase for phrase in aligned_phrases()}
    phrase = by_korean["나는 어제 카페에 갔다."]
    assert words_of(phrase, phrase.sure) == {
        *[("나는", "I"), ("어제", "yesterday."), ("카페에", "to"), ("카페에", "the"), ("카페에", "cafe")],
        ("갔다.", "went"),
    }
    phrase = by_korean["나는 다음 주에 카페에 가지 않을 것이다."]
    assert words_of(phrase, phrase.sure) == {
        *[("나는", "I"), ("다음", "next"), ("주에", "week."), ("카페에", "to"), ("카페에", "the"), ("카페에", "cafe")],
        *[("가지", "go"), ("않을", "not"), ("것이다.", "will")],
    }
    phrase = by_korean["너는 어제 카페에 갔니?"]
    assert words_of(phrase, phrase.sure) >= {("갔니?", "Did"), ("갔니?", "go"), ("너는", "you")}
