"""Texts that break tokenizers."""

import random
import unicodedata

LINES = [
    "나는 어제 카페에 갔다.",
    "고양이가 물을 마신다. 하하하하 ㅋㅋㅋㅋ",
    "The cat drinks water in Zürich.",
    "I went to the cafe yesterday, at 10:30 (am).",
    "0000000 llll aaaaa hmmmm 2000 1000",
    "Zwei Männer stehen am Herd und bereiten Essen zu.",
]
SYMBOLS = ["<2en>", "[URL]", "㈜", "a,b", "👨\u200d👩", "<a-symbol-of-more-than-16-characters>"]
TEXTS = [
    *LINES,
    "",
    " ",
    "   ",
    "\u200b",
    "\x01 \x02",
    "  two   spaces ",
    "tab\tand\rreturn\n",
    "ZÜRICH Zu\u0308rich z\u0308\u0301",
    "unknown: 龍 été 🙂 ﬁ ½ \u200b\u3000",
    "龍龍龍 🙂🙂 龍a龍",
    "▁ stands ▁▁ for a space▁",
    "@~^",
    unicodedata.normalize("NFD", "나는 어제 갔다 Zürich ấ"),
    "ㄱㅏㄴ ㅎㅏ \u1112\u1161\u11ab\uffa1\uffc2 가\u11a8",
    "나는\u00a0어제\u3000카페에",
    "Ｔｈｅ　ｃａｔ（１０：３０）．",
    "\u00a8\ufdfa\u037a a\u00a8",
    "👨\u200d👩\u200d👧 🇩🇪 👍🏽 ☺\ufe0f",
    "𝐦𝐚𝐭𝐡 𝟏𝟐 \U0010ffff\ue000",
    "0000000",
    "llll",
    "a" * 300,
]
_BLOCKS = [(0x20, 0x7F), (0xA0, 0x250), (0x300, 0x370), (0x1100, 0x1200), (0x2000, 0x2070), (0x3130, 0x3190)]
_BLOCKS += [
    (0x4E00, 0xA000),
    (0xAC00, 0xD7A4),
    (0xFB50, 0xFE10),
    (0xFF00, 0xFFF0),
    (0x1D400, 0x1D800),
    (0x1F300, 0x1F650),
]
_SPACES = [" ", " ", " ", "  ", "\u00a0", "\u3000", "\t", "\u200b", "\u2581", ""]


def random_texts(number, words=None, seed=0):
    """Words, in other forms and of random characters, between spaces of all kinds."""
    draw = random.Random(seed)
    words = words or " ".join(LINES).split()
    for _ in range(number):
        text = ""
        for _ in range(draw.randint(1, 10)):
            word = draw.choice(words)
            first, last = draw.choice(_BLOCKS)
            forms = [word, word, word.upper(), unicodedata.normalize("NFD", word)]
            forms += ["".join(chr(draw.randrange(first, last)) for _ in range(draw.randint(1, 4)))]
            text += draw.choice(forms) + draw.choice(_SPACES)
        yield text


def repetitive_texts(number, seed=0):
    """Texts of few characters in long runs. Several segmentations have nearly the same score."""
    draw = random.Random(seed)
    for _ in range(number):
        yield "".join(draw.choice("0l1ae.하ㅋ ") * draw.randint(1, 25) for _ in range(draw.randint(1, 3)))
