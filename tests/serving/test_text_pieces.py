import time

import pytest

from keras_transformer.serving.html_segments import html_segments
from keras_transformer.serving.text_pieces import is_one_piece, joined, text_pieces


def count_characters(texts):
    return [len(text.replace(" ", "")) for text in texts]


def pieces_of(text, max_length=None, source="en", target="de"):
    return text_pieces(text, source, target, max_length, count_characters)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "  a  ",
        "a\nb",
        "\n\na\r\nb\r\n",
        " \t a b \n  \n c",
        "مرحبا 🙂",
        "One. Two! Three?",
        "a" * 500,
        " \n\t",
    ],
)
def test_pieces_that_are_not_changed_are_the_text(text):
    pieces = pieces_of(text)
    assert joined(pieces, [piece.text for piece in pieces]) == text


def test_time_is_linear_in_the_spaces_inside_a_line():
    text = "a" + " " * 100_000 + "b"
    start = time.process_time()
    assert joined(pieces_of(text), [text]) == text
    assert time.process_time() - start < 1


def test_sentences_are_separate_pieces():
    pieces = pieces_of("Dr. Smith came at 3 p.m. on Monday. He left soon.\nIt rained.")
    texts = [piece.text for piece in pieces if piece.text]
    assert texts == ["Dr. Smith came at 3 p.m. on Monday.", "He left soon.", "It rained."]


def test_sentences_of_chinese_are_joined_without_a_space():
    pieces = pieces_of("One is here. Two is there.", target="zh")
    assert joined(pieces, ["一。", "二。"]) == "一。二。"


@pytest.mark.parametrize("text", ["word " * 100, "w" * 333, "one, two; three, " * 30, "字" * 99])
def test_long_sentences_are_cut_into_parts_without_a_loss(text):
    pieces = pieces_of(text, max_length=21)
    assert max(count_characters([piece.text for piece in pieces])) <= 20
    assert "".join(piece.text for piece in pieces).replace(" ", "") == text.replace(" ", "")


def test_long_sentences_are_cut_at_the_best_place():
    pieces = pieces_of("a first part, a second part, a third part and more", max_length=25)
    assert [piece.text for piece in pieces] == ["a first part, a second part,", "a third part and more"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("كلمة أولى؛ كلمة ثانية؟كلمة ثالثة", ["كلمة أولى؛ كلمة ثانية؟", "كلمة ثالثة"]),
        ("كلمة أولى؛ كلمة ثانية أخرى", ["كلمة أولى؛", "كلمة ثانية أخرى"]),
        ("एक दो तीन।चार पाँच छह सात", ["एक दो तीन।", "चार पाँच छह सात"]),
    ],
)
def test_long_sentences_are_cut_at_marks_of_other_scripts(text, parts):
    pieces = text_pieces(text, "xx", "de", 20, count_characters)
    assert [piece.text for piece in pieces] == parts


def test_all_parts_after_a_language_token_have_it():
    def is_one_token(text):
        return text == ">>fra<<"

    text = ">>fra<< One is here. Two is there.\n\n Three\n>>xxx<< a"
    pieces = text_pieces(text, "en", "fr", 40, count_characters, is_one_token)
    texts = ["One is here.", "Two is there.", "", "Three", ">>xxx<< a"]
    assert [piece.text for piece in pieces] == [text and f">>fra<< {text}" for text in texts]
    assert joined(pieces, texts) == "One is here. Two is there.\n\n Three\n>>xxx<< a"
    cut = text_pieces(">>fra<< " + "word " * 20, "en", "fr", 21, count_characters, is_one_token)
    assert {piece.text.partition(" ")[0] for piece in cut} == {">>fra<<"}
    assert max(count_characters([piece.text.removeprefix(">>fra<< ") for piece in cut])) <= 19


def test_one_piece():
    assert is_one_piece("Hello there", 20)
    assert not is_one_piece("Hello there", 11)
    assert not is_one_piece("Hello\nthere", 20)
    assert not is_one_piece("It rained. We left.", None)


HTML = {
    "<p>a</p>": ["a"],
    "a < b <b>c</b> & d": ["a < b ", "c", " & d"],
    "<a title='x > y' href=\"<b>\">link</a>": ["link"],
    "<script>if (a < b) '</p>'</script>text": ["text"],
    "<SCRIPT>a</SCRIPT ><style>p > a {}</style>b": ["b"],
    "<!-- a > b -->c<!doctype html><?php d ?>e": ["c", "e"],
    "<!-->a<!--->b": ["a", "b"],
    "a<!-- open": ["a"],
    "a<b": ["a"],
    "<p title=it's>a</p><p>b</p>": ["a", "b"],
    '<p data=a"b>c</p><p>d</p>': ["c", "d"],
    '<a href="b"">c</a> said "d" <b>e</b>': ["c", ' said "d" ', "e"],
    "<a title = 'b > c' d=\n\"e>\">f</a>": ["f"],
    "<a title='b>c": [],
    "a<1 b": ["a<1 b"],
    "<br/>a<br>b</>c": ["a", "b", "c"],
    "<textarea>a</textarea><svg><text>b</text></svg>c": ["a", "b", "c"],
    "<template><p>a</p></template><math><mi>b</mi></math>": ["a", "b"],
    "<script src=a.js/>alert(1)</script>b": ["b"],
    "<style/>p { color: red }</style>c": ["c"],
    "<script src='a.js'/>a<style/>b<script>c": ["a", "b"],
    "<svg><style/><text>a</text></svg><style>b</style>c": ["a", "c"],
    "<svg/><style/>a</style>b": ["b"],
    "<svg><svg></svg><style/><text>a</text></svg><p>b</p><style>c</style>": ["a", "b"],
    "</svg><style/>a</style>b": ["b"],
    "<math><mi>x</mi><annotation encoding='application/x-tex'>\\frac{a}{b}</annotation></math>c": ["x", "c"],
    "<math><annotation>a</math>b": ["a", "b"],
    "<annotation>a</annotation>b": ["a", "b"],
    "<script>never ends <p>a</p>": [],
}


@pytest.mark.parametrize("html", HTML)
def test_segments_of_html_are_the_html(html):
    segments = html_segments(html)
    assert "".join(segment.content for segment in segments) == html
    assert [segment.content for segment in segments if segment.is_text] == HTML[html]


@pytest.mark.parametrize("part", ["<", "<a", "<!--", '<a "', "<a b= ", "<a b='", "<script>", "<script/>", "</", "<!"])
def test_time_is_linear_in_the_length_of_html(part):
    html = part * 100_000
    assert "".join(segment.content for segment in html_segments(html)) == html
