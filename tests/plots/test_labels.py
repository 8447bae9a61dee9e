import numpy as np
import pytest

from keras_transformer.errors import InputError
from keras_transformer.plots import attention_plot
from keras_transformer.plots.labels import broken_lines, stacked

font_manager = pytest.importorskip("matplotlib.font_manager", reason="the extra `plots` is not installed")
WORD = "▁abcdef"


def drawn(tokens, num_heads=2, sentences=()):
    scores = np.full((1, num_heads, 2, len(tokens)), 1 / len(tokens))
    figure = attention_plot._draw(scores, tokens, ["▁x", "</s>"], sentences)
    figure.draw_without_rendering()
    return figure


def labels(figure):
    return figure.axes[0].get_xticklabels()


def test_labels_are_upright_where_they_fit():
    found = labels(drawn([WORD] * 8))
    boxes = [label.get_window_extent() for label in found]
    assert {label.get_rotation() for label in found} == {0}
    assert all(left.x1 <= right.x0 for left, right in zip(boxes, boxes[1:]))


def test_labels_of_a_long_sentence_are_rotated_unless_they_are_short():
    found = labels(drawn([WORD, "."] * 20))
    assert [label.get_rotation() for label in found] == [90, 0] * 20


def test_hangul_of_a_long_sentence_is_written_from_top_to_bottom():
    hangul = "▁카페에"
    try:
        attention_plot.font_for([hangul])
    except InputError:
        pytest.skip("no font with Hangul is installed")
    found = labels(drawn([hangul] * 40))
    assert {(label.get_text(), label.get_rotation()) for label in found} == {("▁\n카\n페\n에", 0)}
    boxes = [label.get_window_extent() for label in found]
    assert all(left.x1 <= right.x0 + 0.5 for left, right in zip(boxes, boxes[1:]))


def test_a_long_title_stays_within_the_picture():
    figure = drawn(["a", "</s>"], sentences=["many words " * 40, "x" * 400])
    box = figure._suptitle.get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.x1
    assert figure.get_suptitle().count("…") == 2


def test_a_title_shows_characters_without_a_font_as_squares():
    # A private character that no font has.
    assert drawn(["a", "</s>"], sentences=["a \U0010fffd $b$"]).get_suptitle() == "a □ $b$"


def test_labels_show_emoji_without_a_font_as_squares(monkeypatch):
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    assert [label.get_text() for label in labels(drawn(["▁\U0001f44d\U0001f3fd", "</s>"]))] == ["▁□□", "</s>"]


def test_a_single_head_has_no_average():
    assert [axes.get_title() for axes in drawn(["a", "b"], num_heads=1).axes if axes.get_title()] == ["block 1, head 1"]


def test_lines_are_broken_at_spaces_and_within_long_words():
    assert broken_lines("one  two\nthree", 8) == "one two\nthree"
    assert broken_lines("abcdefghij kl", 4) == "abcd\nefgh\nij…"
    assert broken_lines("나는 어제", 4) == "나는\n어제"
    assert broken_lines("", 4) == ""


def test_marks_stay_on_their_character():
    assert stacked("▁e\u0301a") == "▁\ne\u0301\na"
