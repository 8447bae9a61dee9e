import numpy as np
import pytest
import sentencepiece

from keras_transformer.export.tflite.text_signatures.jamo import jamo_roles
from keras_transformer.export.tflite.text_signatures.page_table import PAGE_SIZE, build_page_table
from keras_transformer.export.tflite.text_signatures.rule_tables import build_rule_tables


@pytest.fixture(scope="module")
def rules():
    return dict(sentencepiece.SentencePieceNormalizer(rule_name="nmt_nfkc").decompile())


def test_arithmetic_replaces_the_rules_of_hangul(rules):
    roles, composed = jamo_roles(rules)
    assert len(composed) == 205_758
    assert len(roles) == 71 + 63 + 45
    assert all(0xAC00 <= ord(rules[key]) <= 0xD7A3 for key in composed)


def test_other_rules_of_hangul_are_not_replaced():
    rules = {"\u1100\u1161": "\uac00", "\u1100\u1161\u11a8": "\uac01"}
    assert jamo_roles(rules)[1] == {*rules}
    for change in ({"\u1100\u1161": "x"}, {"\u1100\u1161": "\uac01"}, {"\u1100\u1161\u11a8": ""}, {"\u1100a": "b"}):
        assert jamo_roles(rules | change) == ({}, set())


def test_the_tables_are_small(rules):
    tables = build_rule_tables(rules)
    arrays = [tables.kinds.pages, tables.kinds.values, tables.results, tables.labels, tables.jamo]
    arrays += [tables.starts, tables.lengths, tables.text, tables.trie.base, tables.trie.check, tables.trie.value]
    assert sum(array.nbytes for array in arrays) <= 100_000


def test_a_page_table_has_its_values_and_zeros():
    values = {0: 3, 65: 1, 0x1F600: 2, 0x10FFFF: 300}
    for last in (0, 65, 0x1F600, 0x10FFFF):
        kept = {key: value for key, value in values.items() if key <= last}
        table = build_page_table(kept)
        for key in [*values, 1, 64, 66, 0x1F5FF, 0x1F601, 0x10FFFE]:
            page = table.pages[min(key // PAGE_SIZE, len(table.pages) - 1)]
            assert table.values[np.int64(page) * PAGE_SIZE + key % PAGE_SIZE] == kept.get(key, 0)
