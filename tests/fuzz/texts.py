"""Random texts: the languages of the project, all of Unicode, and difficult characters."""

import unicodedata

SENTENCES = [
    "나는 어제 카페에 갔다 그는 오늘 학교에 간다 고양이가 물을 마신다 우리는 내일 책을 산다 아이가 밥을 먹는다",
    "I went to the cafe yesterday He goes school today The cat drinks water We buy a book tomorrow child eats rice",
    "Der Hund läuft über die Straße Mädchen größer für schön naïve café",
    "我们 明天 买 书 猫 喝 水 今日 は とても いい 天気 です 東京 カタカナ",
    "Привет мир γειά σου שלום مرحبا हिन्दी ไทย 12 3.5 1,000 2026-11-29 50% $9.99 a@b.org http://x.y/?q=1",
]
WORDS = " ".join(SENTENCES).split()
LINES = [" ".join(WORDS[start : start + 6]) + end for start in range(0, len(WORDS) - 6) for end in (".", " !", "")]
# Texts of only these characters are blank.
INVISIBLE = " \t\u00a0\u3000\u200b\ufeff\u2028"
SPACES = INVISIBLE + "\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\u1680\u2000\u2003\u2009\u200a\u2029\u202f\u205f\u200c\u200d\u2060"
TRICKY = [
    *"▁\0\x01\x7f\x80\uffff\ufffd\ufffe\U0010ffff\U000e0001\u0301\u0327\u1100\u1161\u11a8\u212b\u2126",
    *(
        "<s>",
        "</s>",
        "<unk>",
        "<pad>",
        "<0x0A>",
        "<0x00>",
        "<2de>",
        "▁▁",
        "🙂",
        "👩‍👩‍👧‍👦",
        "🇰🇷",
        "ﬁ",
        "①",
        "㍿",
        "ｶﾞ",
        "Ａ１！",
        "İ",
        "ß",
        "ẞ",
    ),
    *(
        "龍",
        "𠀋",
        "𝔘",
        "\u202e",
        "\u0e33",
        "ǅ",
        "\u0130",
        "e\u0301\u0323",
        "각",
        "각",
        "'",
        '"',
        "\\",
        "%s",
        "{}",
        "\x1b[31m",
    ),
]
BLOCKS = [(0x20, 0x7F), (0x80, 0x250), (0x300, 0x370), (0x370, 0x600), (0x600, 0x700), (0x900, 0xE80), (0x1100, 0x1200)]
BLOCKS += [(0x2000, 0x2C00), (0x3000, 0x3400), (0x4E00, 0xA000), (0xAC00, 0xD7A4), (0xF900, 0x10000)]
BLOCKS += [(0, 0x20), (0xE000, 0xF900), (0x10000, 0x20000), (0x20000, 0x30000), (0xE0000, 0x110000)]
FORMS = ("NFC", "NFD", "NFKC", "NFKD")


def random_text(generator, line_feeds=False):
    """A text without lone surrogates. Most have a few words, one in some hundred has thousands of characters.

    Args:
        generator: a `random.Random`.
        line_feeds: whether it can contain line feeds. Default False.
    """
    kinds = [_sentence, _mutated, _characters, _spaces, _tricky, _long]
    text = generator.choices(kinds, (20, 30, 20, 8, 21, 1))[0](generator)
    if generator.random() < 0.2:
        text = unicodedata.normalize(generator.choice(FORMS), text)
    return text if line_feeds else text.replace("\n", " ")


def random_bytes(generator):
    """A text as bytes, some of them wrong."""
    content = bytearray(random_text(generator).encode())
    for _ in range(generator.randint(1, 4)):
        place = generator.randint(0, len(content))
        content[place : place + generator.randint(0, 2)] = generator.choice(
            [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe4\xbd", generator.randbytes(3)]
        )
    return bytes(content).replace(b"\n", b" ")


def invisible_text(generator):
    """An invisible or empty text."""
    return "".join(generator.choices(INVISIBLE, k=generator.randint(0, 6)))


def _sentence(generator):
    return " ".join(generator.choices(WORDS, k=generator.randint(1, 12)))


def _mutated(generator):
    """A sentence with doubled, dropped, exchanged and inserted characters."""
    characters = list(_sentence(generator))
    for _ in range(generator.randint(1, 6)):
        place = generator.randrange(len(characters)) if characters else 0
        change = generator.randrange(4)
        if change == 0:
            characters[place:place] = [generator.choice(TRICKY)]
        elif change == 1:
            characters[place : place + 1] = characters[place : place + 1] * generator.randint(0, 4)
        elif change == 2:
            characters[place:place] = [_character(generator)]
        else:
            characters[place:place] = [generator.choice(SPACES)] * generator.randint(1, 3)
    return "".join(characters)


def _characters(generator):
    block = generator.choice(BLOCKS)
    mixed = generator.random() < 0.5
    length = generator.randint(0, 24)
    return "".join(_character(generator, generator.choice(BLOCKS) if mixed else block) for _ in range(length))


def _character(generator, block=None):
    code_point = generator.randrange(*(block or generator.choice(BLOCKS)))
    return chr(code_point)


def _spaces(generator):
    if generator.random() < 0.5:
        return invisible_text(generator)
    return "".join(generator.choice([*SPACES, "\n", "a", "가"]) for _ in range(generator.randint(1, 8)))


def _tricky(generator):
    return generator.choice(["", " "]).join(generator.choices([*TRICKY, *WORDS], k=generator.randint(1, 8)))


def _long(generator):
    unit = generator.choice([_sentence, _tricky, _characters])(generator) or "a"
    return (unit * (generator.choice([300, 1_000, 5_000]) // len(unit) + 1))[: generator.choice([5_000, 4_193])]
