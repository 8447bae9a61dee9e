"""Small files of real text: columns and lines that are empty or invisible, tabs, quotes, markup, compression."""

import pytest

from keras_transformer.data import DroppedPairs, check_tsv_file, checked_lines, count_pairs, text_pairs, tsv_pairs
from keras_transformer.errors import InputError
from keras_transformer.text import learn_vocabulary

INVISIBLE = set("\u00a0\u200b\ufeff\u3000\u2028 \t")
MAX_LENGTH = 64


@pytest.fixture(scope="module")
def vocabulary(cases):
    lines = [*checked_lines(cases / "lf.en"), *checked_lines(cases / "lf.de")]
    return learn_vocabulary(lines, 600)


def dropped(pairs, tokenizer):
    return count_pairs(pairs, tokenizer, batch_tokens=4096, max_length=MAX_LENGTH)[2]


def expected_of(rows, tokenizer):
    """The `DroppedPairs` of `(source, target)` strings, counted one by one."""
    seen = [pair for pair in rows if all(set(side) - INVISIBLE for side in pair)]
    lengths = [[len(ids) + 1 for ids in tokenizer.tokenize(list(side)).to_list()] for side in zip(*seen, strict=True)]
    too_long = sum(max(pair) > MAX_LENGTH for pair in zip(*lengths, strict=True))
    return DroppedPairs(len(rows), len(rows) - len(seen), too_long, MAX_LENGTH)


def lines_of(path):
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")


@pytest.mark.parametrize(
    ("source", "target", "num_blank"),
    [("empty1.en", "lf.de", 100), ("invis.en", "lf.de", 150), ("tags.en", "tags.de", 0)],
)
def test_blank_and_long_lines_are_counted(cases, vocabulary, source, target, num_blank):
    expected = expected_of(list(zip(lines_of(cases / source), lines_of(cases / target), strict=True)), vocabulary)
    assert (expected.pairs, expected.blank) == (300, num_blank)
    assert (expected.too_long > 30) == (source == "tags.en")
    assert dropped(text_pairs(cases / source, cases / target), vocabulary) == expected


@pytest.mark.parametrize(("name", "num_blank"), [("emptycol.tsv", 150), ("quotes.tsv", 0)])
def test_empty_columns_and_long_ones_are_counted(cases, vocabulary, name, num_blank):
    expected = expected_of([tuple(line.split("\t")) for line in lines_of(cases / name)], vocabulary)
    assert (expected.pairs, expected.blank) == (300, num_blank)
    assert (expected.too_long > 30) == (name == "quotes.tsv")
    assert dropped(tsv_pairs(cases / name), vocabulary) == expected


def test_a_tab_within_a_text_is_refused_with_file_and_line(cases):
    with pytest.raises(InputError, match=r"innertab\.tsv, line 2: expected 3 tab-separated columns, as in line 1"):
        check_tsv_file(cases / "innertab.tsv", 1, 2)


def test_nothing_is_learned_from_invisible_lines(cases):
    lines = list(checked_lines(cases / "invis.en"))
    seen = [line for line in lines if set(line) - INVISIBLE]
    assert len(seen) < len(lines)
    assert learn_vocabulary(lines, 400).model == learn_vocabulary(seen, 400).model


@pytest.mark.parametrize("ending", ["gz", "bz2", "xz"])
def test_compressed_copies_are_the_same_text(cases, ending):
    assert list(checked_lines(cases / f"lf.en.{ending}")) == list(checked_lines(cases / "lf.en"))
