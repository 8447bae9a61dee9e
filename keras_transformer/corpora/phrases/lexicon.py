"""The words of the phrase corpus and their combinations. The rules that join them are in `grammar`.

Every Korean word has one English translation, including articles, so that the translation of a sentence depends only on
the Korean sentence.
"""

from enum import Enum
from typing import NamedTuple


class Tense(Enum):
    """The tense of a sentence. The time adverb has to agree with it."""

    PAST = "past"
    PRESENT = "present"
    FUTURE = "future"


class Style(Enum):
    """The Korean speech level of a sentence; English does not show it."""

    PLAIN = "plain"
    POLITE = "polite"
    FORMAL = "formal"


class Viewpoint(Enum):
    """The person of a subject. It determines whether statements, questions or both are generated."""

    SPEAKER = "speaker"
    ADDRESSEE = "addressee"
    OTHER = "other"


class PlaceRole(Enum):
    """Role of a verb's place: the Korean particle, the English phrase, and whether the place is optional."""

    DESTINATION = "destination"
    ARRIVAL = "arrival"
    LOCATION = "location"


class Subject(NamedTuple):
    """The subject of a sentence. `polite` is the form for the polite and the formal style."""

    plain: str
    polite: str
    english: str
    viewpoint: Viewpoint = Viewpoint.OTHER
    third_singular: bool = True
    honorific: bool = False


class Time(NamedTuple):
    """A time adverb and its tense."""

    korean: str
    english: str
    tense: Tense


class Place(NamedTuple):
    """The English phrases for a place one goes to and a place one is at."""

    to: str
    at: str


class KoreanParts(NamedTuple):
    """The parts from which the forms of a Korean verb are built, in addition to its dictionary form.

    `eu_base` precedes the endings -ㄹ and -시- and `infinitive` the endings -ㅆ다 and -요. Listing both keeps the
    irregular verbs out of the rules: 듣다 has 들으 and 들어. `honorific` is given where a word of its own replaces the
    stem, as 주무시 does for 자다. 드시 serves two verbs, 먹다 and 마시다, which must therefore share no object.
    """

    eu_base: str
    infinitive: str
    honorific: str | None = None


class EnglishParts(NamedTuple):
    """The principal parts of an English verb, with any preposition it governs."""

    base: str
    third_singular: str
    past: str


class Verb(NamedTuple):
    """A verb with the objects and the places that make sense with it, named by their Korean words."""

    lemma: str
    korean: KoreanParts
    english: EnglishParts
    objects: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    place_role: PlaceRole = PlaceRole.LOCATION


SUBJECTS = (
    Subject("나", "저", "I", Viewpoint.SPEAKER, third_singular=False),
    Subject("우리", "우리", "we", Viewpoint.SPEAKER, third_singular=False),
    Subject("내 친구", "제 친구", "my friend", Viewpoint.SPEAKER),
    Subject("내 여동생", "제 여동생", "my younger sister", Viewpoint.SPEAKER),
    Subject("어머니", "어머니", "my mother", Viewpoint.SPEAKER, honorific=True),
    Subject("너", "여러분", "you", Viewpoint.ADDRESSEE, third_singular=False),
    Subject("그", "그", "he"),
    Subject("그녀", "그녀", "she"),
    Subject("그들", "그들", "they", third_singular=False),
    Subject("민수", "민수", "Minsu"),
    Subject("학생들", "학생들", "the students", third_singular=False),
    Subject("의사", "의사", "the doctor"),
    Subject("선생님", "선생님", "the teacher", honorific=True),
)

# 오늘 (today) with the present tense is excluded: the English present would have to be progressive.
TIMES = (
    Time("어제", "yesterday", Tense.PAST),
    Time("오늘", "today", Tense.PAST),
    Time("오늘 아침에", "this morning", Tense.PAST),
    Time("지난주에", "last week", Tense.PAST),
    Time("지난 주말에", "last weekend", Tense.PAST),
    Time("매일", "every day", Tense.PRESENT),
    Time("저녁마다", "every evening", Tense.PRESENT),
    Time("주말마다", "every weekend", Tense.PRESENT),
    Time("오늘", "today", Tense.FUTURE),
    Time("오늘 저녁에", "this evening", Tense.FUTURE),
    Time("내일", "tomorrow", Tense.FUTURE),
    Time("다음 주에", "next week", Tense.FUTURE),
    Time("이번 주말에", "this weekend", Tense.FUTURE),
)

PLACES = {
    "카페": Place("to the cafe", "at the cafe"),
    "집": Place("home", "at home"),
    "학교": Place("to school", "at school"),
    "도서관": Place("to the library", "at the library"),
    "공원": Place("to the park", "in the park"),
    "시장": Place("to the market", "at the market"),
    "백화점": Place("to the department store", "at the department store"),
    "병원": Place("to the hospital", "at the hospital"),
    "은행": Place("to the bank", "at the bank"),
    "회사": Place("to the office", "at the office"),
    "해변": Place("to the beach", "at the beach"),
    "식당": Place("to the restaurant", "at the restaurant"),
    "극장": Place("to the theater", "at the theater"),
    "역": Place("to the station", "at the station"),
    "공항": Place("to the airport", "at the airport"),
    "호텔": Place("to the hotel", "at the hotel"),
}

OBJECTS = {
    "김밥": "kimbap",
    "빵": "bread",
    "국수": "noodles",
    "케이크": "a cake",
    "사과": "apples",
    "커피": "coffee",
    "차": "tea",
    "책": "a book",
    "신문": "the newspaper",
    "편지": "a letter",
    "보고서": "a report",
    "영화": "a movie",
    "음악": "music",
    "라디오": "the radio",
    "노래": "a song",
    "한국어": "Korean",
    "영어": "English",
    "피아노": "the piano",
    "꽃": "flowers",
    "옷": "clothes",
    "자전거": "a bicycle",
    "기차": "the train",
    "사진": "photos",
    "그림": "a picture",
    "방": "the room",
    "친구": "a friend",
    "아이": "the child",
    "이웃": "the neighbor",
}

# Negation is "stem + 지" and this verb: unlike 안, it follows every verb, 공부하다 and the like included.
NEGATIVE_AUXILIARY = ("않다", KoreanParts("않으", "않아"))

# Set by hand: the forms of a verb on one line, its complements on the next.
# fmt: off
VERBS = (
    Verb(
        "가다", KoreanParts("가", "가"), EnglishParts("go", "goes", "went"),
        places=(
            "카페", "집", "학교", "도서관", "공원", "시장", "백화점", "병원", "은행", "회사", "해변", "식당", "극장",
        ),
        place_role=PlaceRole.DESTINATION,
    ),
    Verb(
        "오다", KoreanParts("오", "와"), EnglishParts("come", "comes", "came"),
        places=("카페", "집", "학교", "도서관", "회사", "식당"), place_role=PlaceRole.DESTINATION,
    ),
    Verb(
        "돌아오다", KoreanParts("돌아오", "돌아와"), EnglishParts("return", "returns", "returned"),
        places=("집", "학교", "회사", "호텔"), place_role=PlaceRole.DESTINATION,
    ),
    Verb(
        "도착하다", KoreanParts("도착하", "도착해"), EnglishParts("arrive", "arrives", "arrived"),
        places=("역", "공항", "호텔", "학교"), place_role=PlaceRole.ARRIVAL,
    ),
    Verb(
        "자다", KoreanParts("자", "자", honorific="주무시"), EnglishParts("sleep", "sleeps", "slept"),
        places=("집", "호텔"),
    ),
    Verb(
        "쉬다", KoreanParts("쉬", "쉬어"), EnglishParts("rest", "rests", "rested"),
        places=("집", "카페", "공원", "해변"),
    ),
    Verb(
        "일하다", KoreanParts("일하", "일해"), EnglishParts("work", "works", "worked"),
        places=("회사", "병원", "은행", "식당"),
    ),
    Verb(
        "공부하다", KoreanParts("공부하", "공부해"), EnglishParts("study", "studies", "studied"),
        places=("도서관", "카페", "학교", "집"),
    ),
    Verb("걷다", KoreanParts("걸으", "걸어"), EnglishParts("walk", "walks", "walked"), places=("공원", "해변")),
    Verb("춤추다", KoreanParts("춤추", "춤춰"), EnglishParts("dance", "dances", "danced"), places=("공원", "학교")),
    Verb(
        "수영하다", KoreanParts("수영하", "수영해"), EnglishParts("swim", "swims", "swam"), places=("해변", "호텔"),
    ),
    Verb(
        "운동하다", KoreanParts("운동하", "운동해"), EnglishParts("exercise", "exercises", "exercised"),
        places=("공원", "집", "학교"),
    ),
    Verb(
        "먹다", KoreanParts("먹으", "먹어", honorific="드시"), EnglishParts("eat", "eats", "ate"),
        objects=("김밥", "국수"), places=("식당", "집", "학교"),
    ),
    Verb(
        "마시다", KoreanParts("마시", "마셔", honorific="드시"), EnglishParts("drink", "drinks", "drank"),
        objects=("커피", "차"), places=("카페", "회사"),
    ),
    Verb(
        "읽다", KoreanParts("읽으", "읽어"), EnglishParts("read", "reads", "read"),
        objects=("책", "신문"), places=("도서관", "카페", "공원"),
    ),
    Verb(
        "쓰다", KoreanParts("쓰", "써"), EnglishParts("write", "writes", "wrote"),
        objects=("편지", "보고서"), places=("도서관", "회사"),
    ),
    Verb(
        "보다", KoreanParts("보", "봐"), EnglishParts("watch", "watches", "watched"),
        objects=("영화",), places=("극장", "집"),
    ),
    Verb(
        "사다", KoreanParts("사", "사"), EnglishParts("buy", "buys", "bought"),
        objects=("사과", "꽃"), places=("시장", "백화점"),
    ),
    Verb(
        "팔다", KoreanParts("파", "팔아"), EnglishParts("sell", "sells", "sold"),
        objects=("사과", "옷"), places=("시장",),
    ),
    Verb(
        "고르다", KoreanParts("고르", "골라"), EnglishParts("choose", "chooses", "chose"),
        objects=("책",), places=("도서관",),
    ),
    Verb(
        "만들다", KoreanParts("만드", "만들어"), EnglishParts("make", "makes", "made"),
        objects=("케이크", "김밥"), places=("집",),
    ),
    Verb("굽다", KoreanParts("구우", "구워"), EnglishParts("bake", "bakes", "baked"), objects=("빵",), places=("집",)),
    Verb(
        "듣다", KoreanParts("들으", "들어"), EnglishParts("listen to", "listens to", "listened to"),
        objects=("음악", "라디오"), places=("집", "공원"),
    ),
    Verb(
        "부르다", KoreanParts("부르", "불러"), EnglishParts("sing", "sings", "sang"),
        objects=("노래",), places=("공원", "집"),
    ),
    Verb(
        "배우다", KoreanParts("배우", "배워"), EnglishParts("learn", "learns", "learned"),
        objects=("한국어", "피아노"), places=("학교",),
    ),
    Verb(
        "가르치다", KoreanParts("가르치", "가르쳐"), EnglishParts("teach", "teaches", "taught"),
        objects=("영어",), places=("학교",),
    ),
    Verb(
        "돕다", KoreanParts("도우", "도와"), EnglishParts("help", "helps", "helped"),
        objects=("아이", "이웃"), places=("병원",),
    ),
    Verb(
        "만나다", KoreanParts("만나", "만나"), EnglishParts("meet", "meets", "met"),
        objects=("친구",), places=("카페", "식당", "공원", "역"),
    ),
    Verb(
        "기다리다", KoreanParts("기다리", "기다려"), EnglishParts("wait for", "waits for", "waited for"),
        objects=("기차", "친구"), places=("역",),
    ),
    Verb("타다", KoreanParts("타", "타"), EnglishParts("ride", "rides", "rode"), objects=("자전거",), places=("공원",)),
    Verb(
        "고치다", KoreanParts("고치", "고쳐"), EnglishParts("fix", "fixes", "fixed"),
        objects=("자전거",), places=("집",),
    ),
    Verb(
        "찍다", KoreanParts("찍으", "찍어"), EnglishParts("take", "takes", "took"),
        objects=("사진",), places=("공원", "해변"),
    ),
    Verb(
        "그리다", KoreanParts("그리", "그려"), EnglishParts("draw", "draws", "drew"),
        objects=("그림",), places=("학교", "공원"),
    ),
    Verb("청소하다", KoreanParts("청소하", "청소해"), EnglishParts("clean", "cleans", "cleaned"), objects=("방",)),
)
# fmt: on

# A verb and a place that never meet in the training split; each of them meets others there.
HELD_OUT_COMBINATIONS = frozenset(
    {
        ("오다", "도서관"),
        ("도착하다", "학교"),
        ("쉬다", "해변"),
        ("공부하다", "카페"),
        ("먹다", "학교"),
        ("읽다", "공원"),
        ("만나다", "식당"),
        ("부르다", "집"),
    }
)
