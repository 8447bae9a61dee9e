import bz2
import gzip
import lzma
import re
import tomllib
import unicodedata

import numpy as np
import pytest
import tensorflow as tf

from keras_transformer.errors import InputError
from keras_transformer.recipes import recipe_from_dict
from keras_transformer.text import Glossary
from keras_transformer.text.placeholder_kinds import NUMBERS
from keras_transformer.text.placeholders import Placeholders
from keras_transformer.text.term_matches import TermMatches

TERMS = {
    "카페": "coffee house",
    "북 카페": "book café",
    "KTX": "KTX train",
    "東京": "Tokyo",
    "Haus": "house",
    "किताब": "book",
    "mange": "eats",
    "url": "X",
}


@pytest.fixture(scope="module")
def placeholders():
    return Placeholders(["url", "term"])


def masked(text, placeholders, glossary=None):
    return (glossary or Glossary(TERMS)).mask(placeholders.mask(tf.constant([text])), placeholders)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("나는 카페에 갔다.", "나는 ｟term1｠에 갔다."),
        ("북 카페와 북카페", "｟term1｠와 북카페"),
        ("KTX를, KTXs, AKTX, 서울KTX", "｟term1｠를, KTXs, AKTX, 서울｟term2｠"),
        ("私は東京駅に", "私は｟term1｠駅に"),
        ("das Haus, Hausboot, haus Haus.", "das ｟term1｠, Hausboot, haus ｟term2｠."),
        ("url https://a.b/url 카페 in ｟url1｠", "｟term1｠ ｟url1｠ ｟term2｠ in ｟url2｠"),
        ("किताबें, किताब।", "किताबें, ｟term1｠।"),
        ("il a mange\u0301, il mange", "il a mange\u0301, il ｟term1｠"),
        ("none", "none"),
    ],
)
def test_whole_terms_are_replaced_the_longest_first(placeholders, text, expected):
    assert masked(text, placeholders).texts.numpy()[0].decode() == expected


FRENCH = {"midi": "noon", "arc": "bow", "arc-en-ciel": "rainbow", "pomme de terre": "potato", "café": "coffee"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("à midi, après-midi", "à ｟term1｠, après-midi"),
        ("un arc-en-ciel, l'arc, l’arc-en-terre", "un ｟term1｠, l'｟term2｠, l’arc-en-terre"),
        ("midi\u2011quart, midi - midi, -midi-", "midi\u2011quart, ｟term1｠ - ｟term2｠, -｟term3｠-"),
        ("midi-19 et 12-midi", "｟term1｠-19 et 12-｟term2｠"),
        ("arc-en-ciel-là", "｟term1｠-là"),
        ("pomme\u00a0de\u202fterre", "｟term1｠"),
        ("cafe\u0301 café cafés", "｟term1｠ ｟term2｠ cafés"),
    ],
)
def test_french_terms_are_found_with_other_spaces_and_accents_and_not_in_compounds(placeholders, text, expected):
    assert masked(f"{text} x", placeholders, Glossary(FRENCH)).texts.numpy()[0].decode() == f"{expected} x"


def test_german_compounds_with_a_hyphen_are_whole_words(placeholders):
    text = "das Haus, Haus-Boot, Baum-Haus, Haus- und Gartenarbeit x"
    assert masked(text, placeholders).texts.numpy()[0].decode() == (
        "das ｟term1｠, Haus-Boot, Baum-Haus, ｟term2｠- und Gartenarbeit x"
    )


def test_decomposed_korean_is_found_by_whole_syllables(placeholders):
    text = unicodedata.normalize("NFD", "카페에 카펜 x")
    found = masked(text, placeholders).texts.numpy()[0].decode()
    assert unicodedata.normalize("NFC", found) == "｟term1｠에 카펜 x"


def test_the_given_translation_is_put_in_the_place_of_the_symbol(placeholders):
    found = masked("KTX 카페 https://a.b 카페다", placeholders)
    translation = tf.constant(["｟term3｠ and ｟url1｠ ｟term1｠"])
    restored = placeholders.restore(translation, found)
    assert restored.texts.numpy()[0].decode() == "coffee house and https://a.b KTX train coffee house"
    assert restored.dropped.numpy().tolist() == [1]


def test_a_text_of_terms_alone_is_written_without_a_search(placeholders):
    found = masked("카페, KTX https://a.b!", placeholders)
    assert found.texts.numpy().tolist() == [b""]
    restored = placeholders.restore(tf.constant(["x"]), found)
    assert restored.texts.numpy()[0].decode() == "coffee house, KTX train https://a.b!"


def test_pairs_are_replaced_if_they_have_both_sides(placeholders):
    class Always:
        def random(self):
            return 0.0

    class Never:
        def random(self):
            return 1.0

    sources = ["카페와 Haus와 카페 KTX", "카페", "none"]
    targets = ["a house, a coffee house, houses, the coffee house", "a coffee houses", ""]
    found = Glossary(TERMS).mask_pairs(sources, targets, placeholders, 0.5, Always())
    assert found[0] == ["｟term1｠와 ｟term2｠와 ｟term3｠ KTX", "카페", "none"]
    assert found[1] == ["a ｟term2｠, a ｟term1｠, houses, the ｟term3｠", "a coffee houses", ""]
    assert Glossary(TERMS).mask_pairs(sources, targets, placeholders, 0.5, Never()) == (sources, targets)
    assert Glossary(TERMS).mask_pairs([], [], placeholders, 0.5, Never()) == ([], [])


def test_many_terms_are_found_in_a_long_text():
    matches = TermMatches(f"term{number}" for number in range(100_000))
    found = list(matches.find(" ".join(f"term{number}" for number in range(2000))))
    assert [match.term for match in found] == [f"term{number}" for number in range(2000)]


def test_rows_are_read(tmp_path):
    path = tmp_path / "terms.tsv"
    path.write_bytes("\ufeff카페\tcoffee house\r\n\n Haus \thouse\nHaus\thouse\n".encode())
    assert Glossary.load(path).terms == {"카페": "coffee house", "Haus": "house"}
    many = "".join(f"a{number}\tb\n" for number in range(NUMBERS + 3))
    path.write_text(many)
    text = " ".join(f"a{number}" for number in range(NUMBERS + 3)) + " x"
    found = masked(text, Placeholders(["term"]), Glossary.load(path))
    assert len(found.values) == NUMBERS + 3
    assert found.texts.numpy()[0].decode().count("｟term1｠") == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\tb\n\nterm\n", "terms.tsv:3: expected a term and its translation, separated by a tab. Received: 'term'"),
        (b"a\tb\tc\n", "terms.tsv:1: expected a term"),
        (b"a\t\n", "terms.tsv:1: expected a term"),
        (b"\tb\n", "terms.tsv:1: expected a term"),
        (b"a\tb\na\tc\n", "terms.tsv:2: the term 'a' has the translations 'b' and 'c'"),
        (b"\n\n", "the file is empty"),
        (b"\xff\xfe", "expected UTF-8"),
    ],
)
def test_a_file_that_is_no_glossary_is_one_line(tmp_path, content, message):
    path = tmp_path / "terms.tsv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as error:
        Glossary.load(path)
    assert "\n" not in str(error.value)


def decomposed(text):
    return unicodedata.normalize("NFD", text)


def test_a_term_matches_canonically_equivalent_text(placeholders):
    """Text of macOS is often decomposed. The rest of a text stays as it is."""
    expected = decomposed("나는 ｟term1｠에 갔다, é")
    assert masked(decomposed("나는 카페에 갔다, é"), placeholders).texts.numpy()[0].decode() == expected
    glossary = Glossary({decomposed("카페"): "café", decomposed("Übung"): "exercise"})
    assert glossary.terms == {"카페": "café", "Übung": "exercise"}
    assert masked("a 카페 Übung", placeholders, glossary).texts.numpy()[0].decode() == "a ｟term1｠ ｟term2｠"
    # A mark that composes with no letter ends no word.
    found = masked("카\u302e페 x\u0302 " + decomposed("카페"), placeholders, Glossary({"x": "y", "카페": "z"}))
    assert found.texts.numpy()[0].decode() == "카\u302e페 x\u0302 ｟term1｠"
    pairs = Glossary({"카페": "café"}).mask_pairs(
        [decomposed("카페에")], [decomposed("the café")], placeholders, 1.0, np.random.default_rng(0)
    )
    assert pairs == ([decomposed("｟term1｠에")], ["the ｟term1｠"])


def test_two_translations_of_equivalent_terms_are_refused(tmp_path):
    path = tmp_path / "terms.tsv"
    path.write_text(f"카페\tcafé\n{decomposed('카페')}\tcoffee house\n", encoding="utf-8")
    with pytest.raises(InputError, match="terms.tsv:2: the term '카페' has the translations 'café' and 'coffee house'"):
        Glossary.load(path)


@pytest.mark.parametrize("term", ["New\u00a0York", "10\u00a0km", "Cafe\u0301"])
def test_terms_themselves_can_have_other_spaces_and_be_decomposed(placeholders, term):
    glossary = Glossary({term: "X"})
    written = unicodedata.normalize("NFC", term).replace("\u00a0", " ")
    for text in (f"in {term}.", f"in {written}."):
        assert masked(text, placeholders, glossary).texts.numpy()[0].decode() == "in ｟term1｠."
    sides = glossary.mask_pairs([f"in {written}."], ["in X."], placeholders, 1.0, np.random.default_rng(0))
    assert sides == (["in ｟term1｠."], ["in ｟term1｠."])
    back = Glossary({"X": term})
    sides = back.mask_pairs(["in X."], [f"in {written}."], placeholders, 1.0, np.random.default_rng(0))
    assert sides == (["in ｟term1｠."], ["in ｟term1｠."])


def test_places_of_translations_do_not_overlap(placeholders):
    glossary = Glossary({"Seoul": "Seoul city", "Stadt": "city"})
    sources, targets = ["Seoul ist eine Stadt"], ["Seoul city is a city"]
    found = glossary.mask_pairs(sources, targets, placeholders, 1.0, np.random.default_rng(0))
    assert found == (["｟term1｠ ist eine ｟term2｠"], ["｟term1｠ is a ｟term2｠"])


def test_two_translations_of_one_term_are_refused_in_python():
    assert Glossary({"New York": "A", "New\u00a0York": "A"}).terms["New York"] == "A"
    with pytest.raises(InputError, match="has the translations 'A' and 'B'. Keep one of them"):
        Glossary({"New York": "A", "New\u00a0York": "B"})


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_glossary_is_read(tmp_path, compress):
    path = tmp_path / "terms.tsv"
    path.write_bytes(compress("\ufeffdas Haus\tthe house\n\nHund\tdog\n".encode()))
    assert Glossary.load(path).terms == {"das Haus": "the house", "Hund": "dog"}
    path.write_bytes(path.read_bytes()[:-6])
    with pytest.raises(InputError, match="terms.tsv: the file is compressed .*, but its end is missing"):
        Glossary.load(path)


def test_a_glossary_that_is_decompressed_without_end_is_refused(tmp_path):
    path = tmp_path / "terms.tsv"
    path.write_bytes(gzip.compress(bytes(65 * 2**20), 1))
    with pytest.raises(InputError, match="terms.tsv: expected a glossary of at most 64 MiB, but it is longer"):
        Glossary.load(path)


def test_a_vocabulary_without_symbols_for_terms_is_refused(placeholders):
    for other in (None, Placeholders(["url"])):
        with pytest.raises(InputError, match="symbols for terms"):
            Glossary(TERMS).mask(placeholders.mask(tf.constant(["a"])), other)
    for terms in ({}, {"a": " "}, {"a": 3}):
        with pytest.raises(InputError, match="glossary"):
            Glossary(terms)


def test_symbols_of_a_text_and_terms_keep_their_order():
    placeholders = Placeholders(["term"])
    found = masked("나는 카페 ｟url1｠ 카페", placeholders)
    restored = placeholders.restore(found.texts, found)
    assert restored.texts.numpy()[0].decode() == "나는 coffee house ｟url1｠ coffee house"


def test_the_keys_of_the_message_are_those_of_a_recipe():
    with pytest.raises(InputError) as error:
        Glossary(TERMS).mask(None, None)
    section, keys = re.search(r"(\[\w+\]) (.+)\.$", str(error.value)).groups()
    sections = tomllib.loads("\n".join([section, *keys.split(" and ")]))
    files = {f"{use}_{side}": "file" for use in ("train", "validation") for side in ("source", "target")}
    recipe = recipe_from_dict({"data": {**files, **sections["data"]}})
    assert (recipe.data.placeholders, recipe.data.glossary) == (["term"], "terms.tsv")


@pytest.mark.parametrize("term", ["l'eau", "l’eau"])
def test_an_apostrophe_of_another_kind_is_the_same(term):
    matches = TermMatches([term])
    assert [(match.start, match.end) for match in matches.find("l'eau, de l’eau et lʼeau")] == [
        (0, 5),
        (10, 15),
        (19, 24),
    ]


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("dog", "the dog's bone"),
        ("dog", "a 'dog' and"),
        ("homme", "l'homme"),
        ("homme", "l\u2019homme d'affaires"),
        ("arte", "dell'arte"),
        ("Ankara", "Ankara'da"),
        ("dog", "_dog_"),
        ("dogs", "the dogs' bones"),
    ],
)
def test_a_term_next_to_an_apostrophe_is_found(term, text):
    assert len([*TermMatches([term]).find(text)]) == 1


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("can", "I can't"),
        ("can", "I can\u2019t"),
        ("we", "we'll see, we've seen"),
        ("hui", "aujourd'hui"),
        ("aujourd", "aujourd\u2019hui"),
        ("\u043c", "\u043c'\u044f\u0442\u0430"),
        ("\u044f\u0442\u0430", "\u043c\u2019\u044f\u0442\u0430"),
        ("file", "file_name"),
        ("name", "file_name"),
        ("2", "file_2"),
    ],
)
def test_a_term_within_a_contraction_or_a_name_is_not_found(term, text):
    assert [*TermMatches([term]).find(text)] == []
