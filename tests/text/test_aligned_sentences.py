"""Positions in a line of the words of its sentences."""

from keras_transformer.text.aligned_sentences import align_sentences, words_of_parts


def test_words_have_the_positions_of_the_line():
    assert words_of_parts("  One two.  Three?  Three? ", ["One two.", "Three?", "Three?"]) == [[0, 1], [2], [3]]
    assert words_of_parts("", []) == []
    # Without a space between sentences, a word has parts of both.
    assert words_of_parts("一 二。三", ["一 二。", "三"]) == [[0, 1], [1]]
    assert words_of_parts("a b", ["a", "", "b"]) == [[0], [], [1]]


def test_links_of_sentences_are_joined():
    def align(pairs):
        assert pairs == [("a b.", "x."), ("c.", ""), ("d e.", "y z."), ("f.", "z.")]
        return [[(1, 0)], [], [(0, 1), (1, 0)], [(0, 0)]]

    found = align_sentences(
        align,
        ["a b. c. d e.", "", "f."],
        ["x. y z.", "", "z."],
        [[("a b.", "x."), ("c.", ""), ("d e.", "y z.")], [], [("f.", "z.")]],
    )
    assert found == [[(1, 0), (3, 2), (4, 1)], [], [(0, 0)]]


def test_each_sentence_is_aligned_with_the_language_token_of_its_text():
    def align(pairs):
        assert pairs == [(">>fra<< a b.", "x."), (">>fra<< c.", "y."), ("d.", "z.")]
        return [[(0, 0), (2, 0)], [(1, 0)], [(0, 0)]]

    texts, translations = [">>fra<< a b. c.", "d."], ["x. y.", "z."]
    pairs = [[("a b.", "x."), ("c.", "y.")], [("d.", "z.")]]
    found = align_sentences(align, texts, translations, pairs, lambda text: text == ">>fra<<")
    assert found == [[(2, 0), (3, 1)], [(0, 0)]]
