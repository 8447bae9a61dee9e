"""Placeholders of URLs and so on: the parts that are found, how they are put back, and hostile texts."""

import pytest
import tensorflow as tf

from keras_transformer.text.placeholder_kinds import KINDS, NUMBERS, placeholder_kinds, placeholder_symbols
from keras_transformer.text.placeholders import Placeholders

FOUND = {
    "See https://keras.io.": ["https://keras.io"],
    "주소는 https://example.com/page?a=1를 보세요.": ["https://example.com/page?a=1"],
    "누리집(http://example.com/a)에서 봤다.": ["http://example.com/a"],
    "in https://en.wikipedia.org/wiki/A_(b)!": ["https://en.wikipedia.org/wiki/A_(b)"],
    "mit https://de.wikipedia.org/wiki/Köln, ja": ["https://de.wikipedia.org/wiki/Köln"],
    "sur https://fr.wikipedia.org/wiki/E\u0301te\u0301.": ["https://fr.wikipedia.org/wiki/E\u0301te\u0301"],
    "انظر https://ar.wikipedia.org/wiki/القاهرة، أو": ["https://ar.wikipedia.org/wiki/القاهرة"],
    "https://he.wikipedia.org/wiki/שלום, https://hi.wikipedia.org/wiki/किताबें।": [
        *("https://he.wikipedia.org/wiki/שלום", "https://hi.wikipedia.org/wiki/किताबें")
    ],
    "یہ https://ur.wikipedia.org/wiki/اردو۔ և https://hy.wikipedia.org/wiki/Հայ։": [
        *("https://ur.wikipedia.org/wiki/اردو", "https://hy.wikipedia.org/wiki/Հայ")
    ],
    "see **www.a.de**, 'https://a.b' and \"http://c.d:80/?q=x&y=%20#z\"": [
        *("www.a.de", "https://a.b", "http://c.d:80/?q=x&y=%20#z")
    ],
    "호스트 https://한국.kr/는 http://[::1]:8501/v1": ["https://한국.kr/", "http://[::1]:8501/v1"],
    "http:// xwww.b.c": [],
    "메일 a.b+c@d.co.kr로, <x@y.org>.": ["a.b+c@d.co.kr", "x@y.org"],
    "a@b and @name": [],
    "5 km, 3.5kg und 20 %; 5km를 2-5 km": ["5 km", "3.5kg", "20 %", "5km", "2-5 km"],
    "1'000 CHF, 12’345’678.50 EUR, CHF 5'000, 12'34 m, d'1 km, 5'10 m": ["1'000 CHF", "12’345’678.50 EUR", "1 km"],
    "1 000 km/h, 10\u00a0000 €, $5.00, −4 °C, 3,5 km": ["1 000 km/h", "10\u00a0000 €", "$5.00", "−4 °C", "3,5 km"],
    "5 même, 3 héros, 12 m'ont, le 5 l'eau, 5 minutes, A5 m, 7 in, el 5 ha": [],
    "5000 KRW, 300 K, en 1990 200 km": ["5000 KRW", "300 K", "200 km"],
    "9,81 m/s², 5 mg/dl, 2 g/cm³, 1\u2009234\u2009km, 20 ºC, 30 ℃, el 5º piso": [
        *("9,81 m/s²", "5 mg/dl", "2 g/cm³", "1\u2009234\u2009km", "20 ºC", "30 ℃")
    ],
    "in the 1990s, the 60s, 747s, 5h, 12V, 60W, 100K, 10,000s, 2 TV, die 5s": [],
    "Apollo 11 A, im Airbus 380 B, Été 5 L, Platz 5 K": [],
    "1.5V, 2,5L, -0.5s; 5 V, 5 s, 3 h, 20 t, 5.0 K, bei 300 K, von 2 L, Strom 1,5 A, 1.5 kV/m": [
        *("1.5V", "2,5L", "-0.5s", "5 V", "5 s", "3 h", "20 t", "5.0 K", "300 K", "2 L", "1,5 A", "1.5 kV/m")
    ],
    "100 m2, 50 m3, 5km2, 2 g/cm3, 9.8 m/s2, 5 m2000": ["100 m2", "50 m3", "5km2", "2 g/cm3", "9.8 m/s2"],
    '<b><i>text</i></b> <a href="https://x.y/?a=1>2">link</a>': [
        *("<b>", "<i>", "</i>", "</b>", '<a href="https://x.y/?a=1>2">', "</a>")
    ],
    "<<b>> <br/> &amp; <!-- c --> a < b and c > d, 1 <3": ["<b>", "<br/>", "&amp;", "<!-- c -->"],
    "<!-- <b>TODO</b> -->Bonjour <!-- a > b\n --><i>": ["<!-- <b>TODO</b> -->", "<!-- a > b\n -->", "<i>"],
    "a ｟url1｠ b ｟term12｠ c https://a.b": ["｟url1｠", "｟term12｠", "https://a.b"],
    "｟ url｠ ｟1｠": [],
}
# Texts that must come back unchanged from a model that writes its source.
HOSTILE = [
    *FOUND,
    "",
    " ",
    "https://a.b/c",
    "<b>5 km</b>",
    " ".join(f"https://a.b/{number}" for number in range(100)),
    " und ".join(f"https://a.b/{number}" for number in range(100)),
    "<b>" * 50 + "fett" + "</b>" * 50,
    "｟url1｠｟url1｠ ｟url2｠ x ｟url9｠ https://a.b",
    "<" * 300 + "a" + ">" * 300,
    "http://" * 50 + " a",
    "(" * 500 + "https://a.b" + ")" * 500,
]


@pytest.fixture(scope="module")
def placeholders():
    return Placeholders(KINDS)


def masked_parts(masked):
    parts = {row: [] for row in range(len(masked.texts))}
    for row, value in zip(masked.rows.numpy(), masked.values.numpy()):
        parts[row].append(value.decode())
    return list(parts.values())


def test_parts_are_found(placeholders):
    masked = placeholders.mask(tf.constant(list(FOUND)))
    assert dict(zip(FOUND, masked_parts(masked))) == FOUND


def test_symbols_are_numbered_in_each_text(placeholders):
    masked = placeholders.mask(tf.constant(["a https://a.b b 5 km c https://c.d", "x http://e.f", "nothing"]))
    assert [text.decode() for text in masked.texts.numpy()] == [
        *("a ｟url1｠ b ｟number1｠ c ｟url2｠", "x ｟url1｠", "nothing")
    ]
    many = placeholders.mask(tf.constant(["a" + " https://a.b" * (NUMBERS + 1)])).texts.numpy()[0].decode()
    assert many.endswith(f"｟url{NUMBERS}｠ ｟url1｠")


def test_only_the_given_kinds_are_found():
    masked = Placeholders(["email"]).mask(tf.constant(["a@b.cd https://a.b 5 km <b> x"]))
    assert masked_parts(masked) == [["a@b.cd"]]


def test_what_a_model_copies_comes_back_unchanged(placeholders):
    same = tf.function(lambda texts: placeholders.restore(placeholders.mask(texts).texts, placeholders.mask(texts)))
    found = same(tf.constant(HOSTILE))
    assert [text.decode() for text in found.texts.numpy()] == HOSTILE
    assert not found.dropped.numpy().any()
    assert not found.extra.numpy().any()
    assert same(tf.constant([], tf.string)).texts.shape == (0,)


def test_texts_without_words_are_copied_without_a_search(placeholders):
    texts = ["https://a.b, c@d.ef!", "<b>5 km</b>", "a 5 km", "...", "｟url1｠"]
    masked = placeholders.mask(tf.constant(texts))
    assert masked.is_copied.numpy().tolist() == [True, True, False, False, True]
    assert masked.texts.numpy()[[0, 1, 4]].tolist() == [b""] * 3
    restored = placeholders.restore(tf.constant(["x"] * len(texts)), masked)
    assert [text.decode() for text in restored.texts.numpy()[[0, 1, 4]]] == [texts[0], texts[1], texts[4]]


@pytest.mark.parametrize(
    ("translation", "expected", "dropped", "extra"),
    [
        ("｟url2｠ und ｟url1｠.", "https://c.d und https://a.b.", 0, 0),
        ("nichts", "nichts https://a.b https://c.d", 2, 0),
        ("", "https://a.b https://c.d", 2, 0),
        ("｟url1｠ ｟url1｠ ｟url2｠", "https://a.b https://c.d", 0, 1),
        ("｟url2｠ a ｟number1｠ b ｟term3｠.", "https://c.d a b. https://a.b", 1, 2),
        ("｟url3｠ ｟url4｠ a ｟url1｠ ｟url2｠", "a https://a.b https://c.d", 0, 2),
        ("｟url9｠ ｟url1｠｟url2｠", "｟url9｠ https://a.bhttps://c.d", 0, 0),
    ],
)
def test_dropped_parts_are_appended_and_others_removed(placeholders, translation, expected, dropped, extra):
    masked = placeholders.mask(tf.constant(["see https://a.b and https://c.d", "nothing"]))
    found = placeholders.restore(tf.constant([translation, "nichts"]), masked)
    assert found.texts.numpy()[0].decode() == expected
    assert (found.dropped.numpy().tolist(), found.extra.numpy().tolist()) == ([dropped, 0], [extra, 0])
    assert found.texts.numpy()[1] == b"nichts"


def test_copies_of_texts_are_restored_alike(placeholders):
    masked = placeholders.mask(tf.constant(["see https://a.b", "5 km", "see http://c.d"])).repeated(2)
    found = placeholders.restore(tf.constant(["｟url1｠", "x", "", "y", "z ｟url1｠", "w"]), masked)
    assert [text.decode() for text in found.texts.numpy()] == [
        *("https://a.b", "x https://a.b", "5 km", "5 km", "z http://c.d", "w http://c.d")
    ]


def test_missing_hypotheses_stay_empty(placeholders):
    masked = placeholders.mask(tf.constant(["see https://a.b"])).repeated(2)
    found = placeholders.restore(tf.constant(["x", ""]), masked, tf.constant([-1.0, -float("inf")]))
    assert found.texts.numpy().tolist() == [b"x https://a.b", b""]


NINE = [f"https://a.b/{number}" for number in range(9)]


@pytest.mark.parametrize(
    ("text", "prefix", "masked_prefix", "rest", "expected"),
    [
        (
            "Siehe https://a.b, https://c.d.",
            "See https://a.b",
            "See ｟url1｠",
            ", ｟url2｠",
            "See https://a.b, https://c.d",
        ),
        ("a https://a.b b https://c.d", "https://c.d x", "｟url2｠ x", " ｟url1｠", "https://c.d x https://a.b"),
        ("a https://a.b", "https://a.b https://a.b", "｟url1｠ https://a.b", " ｟url1｠", "https://a.b https://a.b"),
        ("a https://a.b", "｟url1｠ ｟url2｠", "｟url1｠ ｟url2｠", " ｟url1｠", "｟url1｠ ｟url2｠ https://a.b"),
        ("a ｟url3｠ b", "｟url3｠ x", "｟tag1｠ x", "", "｟url3｠ x"),
        ("a " + " ".join(NINE), f"{NINE[8]} {NINE[0]}", "｟url1｠ ｟url1｠", "", " ".join([NINE[8], *NINE[:8]])),
        ("a 5 km", "5 miles", "5 miles", "", "5 miles 5 km"),
        ("a https://a.b", "", "", "x ｟url1｠", "x https://a.b"),
    ],
)
def test_translations_begin_with_their_prefixes(placeholders, text, prefix, masked_prefix, rest, expected):
    masked = placeholders.mask(tf.constant(["https://a.b", text]), copies=False)
    prefixes, masked = placeholders.mask_prefixes(tf.constant(["x", prefix]), masked)
    assert [each.decode() for each in prefixes.numpy()] == ["x", masked_prefix]
    found = placeholders.restore(tf.constant(["x ｟url1｠", masked_prefix + rest]), masked)
    assert [each.decode() for each in found.texts.numpy()] == ["x https://a.b", expected]


def test_the_translation_of_a_blank_text_stays_empty(placeholders):
    masked = placeholders.mask(tf.constant(["", "https://a.b"]), copies=False)
    _, masked = placeholders.mask_prefixes(tf.constant(["｟url1｠ https://a.b", "x"]), masked)
    assert placeholders.restore(tf.constant(["", "x"]), masked).texts.numpy().tolist() == [b"", b"x https://a.b"]


def test_pairs_share_the_symbols_of_common_parts(placeholders):
    sources = ["a https://a.b and 5 km, https://c.d ｟url1｠ https://a.b", "only 5 km", ""]
    targets = ["https://c.d b https://a.b x 5 kg", "nur 6 km", "https://a.b"]
    found = [[text.decode() for text in side.numpy()] for side in placeholders.mask_pairs(sources, targets)]
    assert found[0] == ["a ｟url1｠ and 5 km, ｟url2｠ url1 https://a.b", "only 5 km", ""]
    assert found[1] == ["｟url2｠ b ｟url1｠ x 5 kg", "nur 6 km", "https://a.b"]


def test_a_vocabulary_shows_its_kinds():
    symbols = [*placeholder_symbols(["url", "term"]), *placeholder_symbols(["tag"])[1:], "a"]
    assert placeholder_kinds(symbols) == ["url", "term"]
