"""The words of texts for which the words of masked texts stand."""

import pytest
import tensorflow as tf

from keras_transformer.text.masked_words import masked_words, restored_links
from keras_transformer.text.placeholders import Placeholders

PLACEHOLDERS = Placeholders(["url", "number", "tag"])


@pytest.mark.parametrize(
    ("source", "target", "masked", "expected"),
    [
        ("a  plain text", "x", "a  plain text", [(0, 1), (1, 1), (2, 1)]),
        ("", "", "", []),
        ("run 5 km, then 3 m.", "erst 5 km, dann 3 m.", None, [(0, 1), (1, 2), (3, 1), (4, 2)]),
        # A part that the other side lacks is not replaced.
        ("run 5 km, then 3 m.", "dann 3 m.", None, [(0, 1), (1, 1), (2, 1), (3, 1), (4, 2)]),
        ('see <a href="x">https://a.b</a> now', '<a href="x">https://a.b</a>', None, [(0, 1), (1, 2), (3, 1)]),
        # Symbols that are written in a text lose their brackets, if only one side has them.
        ("a ｟url1｠ b", "c", "a url1 b", [(0, 1), (1, 1), (2, 1)]),
    ],
)
def test_each_masked_word_has_its_words(source, target, masked, expected):
    found = PLACEHOLDERS.mask_pairs(tf.constant([source]), tf.constant([target]))[0].numpy()[0].decode()
    assert masked in (None, found)
    if masked is None:
        assert "｟" in found
    assert len(expected) == len(found.split())
    assert masked_words(PLACEHOLDERS, [source, "other"], [found, "other"]) == [expected, [(0, 1)]]


def test_words_of_a_part_are_linked_in_order():
    source_words, target_words = [(0, 1), (1, 2), (3, 1)], [(0, 2), (2, 3)]
    assert restored_links([(1, 0), (2, 1)], source_words, target_words) == [(1, 0), (2, 1), (3, 2), (3, 3), (3, 4)]
    assert restored_links([(0, 0), (1, 1)], source_words, target_words) == [(0, 0), (0, 1), (1, 2), (2, 3), (2, 4)]
    assert restored_links([], source_words, target_words) == []
