"""Tests of the phrase corpus: the sentences of both languages, their uniqueness and their splits."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from keras_transformer.corpora import phrases
from keras_transformer.corpora.phrases import phrase_pairs, phrase_splits

EVALUATION_SPLITS = ("validation", "test", "test_combinations")

# The English of the verb and the place of every held-out combination.
HELD_OUT = (
    ("come|comes|came", "to the library"),
    ("arrive|arrives|arrived", "at school"),
    ("rest|rests|rested", "at the beach"),
    ("study|studies|studied", "at the cafe"),
    ("eat|eats|ate", "at school"),
    ("read|reads", "in the park"),
    ("meet|meets|met", "at the restaurant"),
    ("sing|sings|sang", "at home"),
)


@pytest.fixture(scope="module")
def pairs():
    return phrase_pairs()


@pytest.fixture(scope="module")
def translations(pairs):
    return dict(pairs)


@pytest.fixture(scope="module")
def splits():
    return phrase_splits(seed=0)


def _mentions(words, sentence):
    return re.search(rf"\b({words})\b", sentence) is not None


@pytest.mark.parametrize(
    ("korean", "english"),
    [
        # Tenses and styles.
        ("나는 어제 카페에 갔다.", "I went to the cafe yesterday."),
        ("저는 어제 카페에 갔어요.", "I went to the cafe yesterday."),
        ("저는 어제 카페에 갔습니다.", "I went to the cafe yesterday."),
        ("그녀는 매일 집에서 음악을 듣는다.", "She listens to music at home every day."),
        ("우리는 주말마다 해변에서 걸어요.", "We walk at the beach every weekend."),
        ("제 여동생은 내일 빵을 구울 거예요.", "My younger sister will bake bread tomorrow."),
        ("그들은 다음 주에 호텔에 도착할 것입니다.", "They will arrive at the hotel next week."),
        ("내 친구는 오늘 저녁에 집에 돌아올 것이다.", "My friend will return home this evening."),
        # Negation.
        ("의사는 오늘 아침에 커피를 마시지 않았다.", "The doctor did not drink coffee this morning."),
        ("민수는 저녁마다 공부하지 않아요.", "Minsu does not study every evening."),
        ("학생들은 주말마다 학교에 가지 않습니다.", "The students do not go to school every weekend."),
        ("나는 내일 영화를 보지 않을 것이다.", "I will not watch a movie tomorrow."),
        # Questions.
        ("너는 지난주에 도서관에서 책을 읽었니?", "Did you read a book at the library last week?"),
        ("여러분은 내일 학교에 올 거예요?", "Will you come to school tomorrow?"),
        ("그가 매일 회사에서 일합니까?", "Does he work at the office every day?"),
        ("학생들이 이번 주말에 노래를 부를 거니?", "Will the students sing a song this weekend?"),
        # Subjects that need an honorific verb.
        ("선생님이 어제 국수를 드셨어요?", "Did the teacher eat noodles yesterday?"),
        ("어머니는 매일 집에서 주무세요.", "My mother sleeps at home every day."),
        ("선생님은 오늘 차를 드시지 않았습니다.", "The teacher did not drink tea today."),
    ],
)
def test_translates_hand_checked_sentences(translations, korean, english):
    assert translations[korean] == english


@pytest.mark.parametrize(
    ("korean", "english"),
    [
        ("나는 어제 음악을 들었다.", "I listened to music yesterday."),
        ("나는 내일 음악을 들을 것이다.", "I will listen to music tomorrow."),
        ("그는 어제 아이를 도왔다.", "He helped the child yesterday."),
        ("그는 매일 아이를 돕는다.", "He helps the child every day."),
        ("그는 내일 아이를 도울 것이다.", "He will help the child tomorrow."),
        ("저는 어제 편지를 썼어요.", "I wrote a letter yesterday."),
        ("저는 매일 케이크를 만듭니다.", "I make a cake every day."),
        ("나는 매일 케이크를 만든다.", "I make a cake every day."),
        ("너는 매일 케이크를 만드니?", "Do you make a cake every day?"),
        ("그들은 어제 시장에서 옷을 팔았다.", "They sold clothes at the market yesterday."),
        ("그들은 매일 시장에서 옷을 판다.", "They sell clothes at the market every day."),
        ("선생님은 매일 시장에서 옷을 파십니다.", "The teacher sells clothes at the market every day."),
        ("그녀는 어제 노래를 불렀다.", "She sang a song yesterday."),
        ("그녀는 오늘 책을 골랐다.", "She chose a book today."),
        ("우리는 어제 빵을 구웠다.", "We baked bread yesterday."),
        ("우리는 매일 빵을 굽는다.", "We bake bread every day."),
        ("선생님은 어제 공원에서 걸으셨다.", "The teacher walked in the park yesterday."),
    ],
)
def test_conjugates_irregular_verbs(translations, korean, english):
    assert translations[korean] == english


def test_chooses_particles_by_final_consonant(pairs):
    allowed = {
        "나는", "저는", "우리는", "너는", "여러분은", "그는", "그녀는", "그들은", "민수는", "친구는", "여동생은",
        "어머니는", "학생들은", "의사는", "선생님은", "그가", "그녀가", "그들이", "민수가", "학생들이", "의사가",
        "선생님이", "책을", "신문을", "김밥을", "국수를", "커피를", "영화를", "음악을", "친구를",
    }  # fmt: skip
    words = {word for korean, _ in pairs for word in korean.split()}

    assert allowed <= words
    other_particle = str.maketrans("은는이가을를", "는은가이를을")
    assert words.isdisjoint(word[:-1] + word[-1].translate(other_particle) for word in allowed)


def test_marks_destinations_and_locations_differently(pairs):
    for korean, english in pairs:
        if " 카페에 " in korean:
            assert "to the cafe" in english
        if " 카페에서 " in korean:
            assert "at the cafe" in english


def test_speaker_is_humble_outside_the_plain_style(pairs):
    for korean, _ in pairs:
        if korean.startswith(("나는 ", "내 ", "너는 ")):
            assert korean.endswith(("다.", "니?"))
            assert not korean.endswith("니다.")
        if korean.startswith(("저는 ", "제 ", "여러분은 ")):
            assert korean.endswith(("요.", "요?", "니다.", "니까?"))


def test_english_verb_agrees_with_its_subject(pairs):
    english = {sentence for _, sentence in pairs}
    for subject in ("He", "She", "Minsu", "My friend", "My younger sister", "My mother", "The doctor", "The teacher"):
        assert f"{subject} goes to the park every day." in english
        assert f"{subject} does not go to the park every day." in english
    for subject in ("I", "We", "They", "The students"):
        assert f"{subject} go to the park every day." in english
        assert f"{subject} do not go to the park every day." in english


def test_tense_agrees_with_time(pairs):
    for korean, _ in pairs:
        if re.search("어제|지난|아침", korean):
            assert not re.search(" 것이| 것입| 거예| 거니", korean)
        if re.search("내일|다음|이번|오늘 저녁", korean):
            assert re.search(" 것이다| 것입니| 거예요| 거니", korean)


def test_english_is_capitalised_and_punctuated_like_the_korean(pairs):
    for korean, english in pairs:
        assert english[0].isupper()
        assert english[-1] == korean[-1]
        assert english[-1] in ".?"
        assert "  " not in korean + english
        assert english.startswith(("Did ", "Do ", "Does ", "Will ")) == (english[-1] == "?")


def test_has_at_least_50000_distinct_pairs(pairs):
    assert len(set(pairs)) == len(pairs) >= 50_000


def test_each_korean_sentence_has_one_translation(pairs, translations):
    assert len(translations) == len(pairs)


@pytest.mark.slow
def test_is_the_same_in_every_process():
    code = (
        "import hashlib, phrases\n"
        "made = repr((phrases.phrase_pairs(), phrases.phrase_splits(seed=3)))\n"
        "print(hashlib.sha256(made.encode()).hexdigest())"
    )
    # The import from its own folder avoids the rest of the library, which is slow to import.
    folder = str(Path(phrases.__file__).parents[1])
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": folder, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(digests) == 1


def test_seed_changes_the_splits(splits):
    other = phrase_splits(seed=1)
    for name, split in splits.items():
        assert other[name] != split


def test_seed_must_be_an_integer():
    with pytest.raises(TypeError):
        phrase_splits(seed=None)


def test_splits_have_the_documented_sizes(splits, pairs):
    assert set(splits) == {"train", *EVALUATION_SPLITS}
    assert [len(splits[name]) for name in EVALUATION_SPLITS] == [1000, 1000, 1000]
    assert len(splits["train"]) >= 50_000
    assert set().union(*splits.values()) <= set(pairs)


@pytest.mark.parametrize("language", [0, 1], ids=["korean", "english"])
def test_splits_share_no_sentence(splits, language):
    sentences = [{pair[language] for pair in split} for split in splits.values()]
    assert sum(map(len, sentences)) == len(set().union(*sentences))


def test_training_pairs_are_shuffled(splits, pairs):
    train = set(splits["train"])
    assert splits["train"] != [pair for pair in pairs if pair in train]


def test_held_out_combinations_occur_in_their_split_only(splits):
    for _, english in splits["test_combinations"]:
        assert any(_mentions(verb, english) and place in english for verb, place in HELD_OUT)
    for name in ("train", "validation", "test"):
        for _, english in splits[name]:
            assert not any(place in english and _mentions(verb, english) for verb, place in HELD_OUT)


@pytest.mark.parametrize(("verb", "place"), HELD_OUT)
def test_parts_of_held_out_combinations_occur_in_training(splits, verb, place):
    train = [english for _, english in splits["train"]]
    assert any(place in english for english in train)
    assert any(_mentions(verb, english) and _mentions("to|at|in|home", english) for english in train)
    # The corpus contains the combination, so that its absence from training is due to the split.
    assert any(_mentions(verb, english) and place in english for _, english in splits["test_combinations"])
