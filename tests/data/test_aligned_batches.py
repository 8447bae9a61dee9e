"""Batches with alignments, against loops over the tokens of each pair."""

import gzip

import numpy as np
import pytest
import tensorflow as tf
from pair_cases import PAIRS

from keras_transformer.data import (
    aligned_pairs,
    count_pairs,
    listed_pairs,
    repeat_rows,
    split_rows,
    token_batches,
)
from keras_transformer.data.aligned_rows import aligned_rows
from keras_transformer.errors import InputError

GENERATOR = np.random.default_rng(0)


def random_links(source, target):
    links = {(GENERATOR.integers(len(source.split())), GENERATOR.integers(len(target.split()))) for _ in range(4)}
    return " ".join(f"{source}-{target}" for source, target in sorted(links))


ALIGNED = [(source, target, random_links(source, target)) for source, target in PAIRS[:400]]
TEXTS = {target: (source, target, links) for source, target, links in ALIGNED}


def matrix_in_loops(tokenizer, source, target, links):
    links = {tuple(map(int, link.split("-"))) for link in links.split()}
    words = [tokenizer.word_positions(text) for text in (target, source)]
    return np.array([[(column, row) in links for column in words[1]] for row in words[0]], "int8")


def rows_of(batches, tokenizer):
    """Yields the text of the target and the alignments of each row."""
    for inputs, labels, *_ in batches:
        targets = tokenizer.detokenize(labels).numpy()
        yield from zip(map(bytes.decode, targets), inputs["alignments"].numpy(), strict=True)


def padded(matrix, shape):
    return np.pad(matrix, [(0, size - length) for length, size in zip(matrix.shape, shape, strict=True)])


def test_files_of_a_pattern_can_be_empty(tmp_path):
    for ending, line in (("en", "a b"), ("de", "c d"), ("align", "0-0 1-1")):
        for number, content in enumerate((line, "", line)):
            (tmp_path / f"{number}.{ending}").write_text(content)
    pairs = aligned_pairs(*(tmp_path / f"*.{ending}" for ending in ("en", "de", "align")))
    assert list(pairs.as_numpy_iterator()) == [(b"a b", b"c d", b"0-0 1-1")] * 2


@pytest.mark.parametrize("arguments", [{}, {"fixed_shapes": True}, {"shuffle": True, "word_dropout": 0.2}])
def test_each_row_has_the_links_of_its_words(tokenizer, arguments):
    batches = token_batches(listed_pairs(ALIGNED), tokenizer, batch_tokens=600, max_length=200, **arguments)
    found = 0
    for target, alignments in rows_of(batches, tokenizer):
        if not target:
            assert not alignments.any()
            continue
        np.testing.assert_array_equal(
            alignments, padded(matrix_in_loops(tokenizer, *TEXTS[target]), alignments.shape), err_msg=target
        )
        found += 1
    assert found == len(ALIGNED)


@pytest.mark.slow
def test_tokens_and_order_are_those_without_alignments(tokenizer):
    arguments = {"batch_tokens": 600, "shuffle": True, "concatenation": 0.3, "sampling": 0.2, "first_step": 0}
    plain = token_batches(listed_pairs(PAIRS[:400]), tokenizer, **arguments).take(12)
    for (expected, expected_labels), (found, labels) in zip(
        plain, token_batches(listed_pairs(ALIGNED), tokenizer, **arguments), strict=False
    ):
        np.testing.assert_array_equal(labels, expected_labels)
        assert sorted(found) == ["alignments", *sorted(expected)]
        assert found["alignments"].dtype == tf.int8
        for name, ids in expected.items():
            np.testing.assert_array_equal(found[name], ids)
        assert found["alignments"].shape == (*labels.shape, found["source_ids"].shape[1])


def test_joined_lines_have_the_links_of_both(tokenizer):
    pairs = [
        ("red cat", "blue dog has", "0-0 1-2"),
        ("bird sees", "tree", ""),
        ("one", "two", "0-0"),
        ("", "three", ""),
        ("small bird", "large dog", "1-0"),
        ("tree", "river", "0-0"),
    ]
    batches = token_batches(listed_pairs(pairs), tokenizer, concatenation=1.0)
    expected = {
        "blue dog has tree": ("red cat bird sees", "0-0 1-2"),
        "two": ("one", "0-0"),
        "large dog river": ("small bird tree", "1-0 2-2"),
    }
    found = dict(rows_of(batches, tokenizer))
    assert found.keys() == expected.keys()
    for target, (source, links) in expected.items():
        matrix = matrix_in_loops(tokenizer, source, target, links)
        np.testing.assert_array_equal(found[target], padded(matrix, found[target].shape))
        assert matrix.any()


def test_sampled_tokens_keep_the_links_of_their_words(tokenizer):
    batches = token_batches(
        listed_pairs(ALIGNED), tokenizer, batch_tokens=600, max_length=300, sampling=0.3, shuffle=True
    )
    for inputs, labels in batches.take(3):
        for source_ids, label, alignments in zip(inputs["source_ids"], labels, inputs["alignments"], strict=True):
            target = tokenizer.detokenize([label]).numpy()[0].decode()
            words = []
            for ids in (label, source_ids):
                pieces = [tokenizer.token(int(token)) for token in ids if token > 3]
                words.append(np.cumsum([piece.startswith("\u2581") for piece in pieces]) - 1)
            links = {tuple(map(int, link.split("-"))) for link in TEXTS[target][2].split()}
            matrix = np.array([[(source, row) in links for source in words[1]] for row in words[0]], "int8")
            np.testing.assert_array_equal(alignments, padded(matrix, alignments.shape))


def test_parts_and_copies_of_batches_keep_their_alignments(tokenizer):
    batches = token_batches(listed_pairs(ALIGNED[:60]), tokenizer, batch_tokens=600, max_length=200)
    seen = set()
    for target, alignments in rows_of(repeat_rows(split_rows(batches, 3), 2), tokenizer):
        if target:
            np.testing.assert_array_equal(
                alignments, padded(matrix_in_loops(tokenizer, *TEXTS[target]), alignments.shape)
            )
            seen.add(target)
    assert len(seen) == 60


def test_counts_ignore_alignments(tokenizer):
    found, expected = (
        count_pairs(listed_pairs(pairs), tokenizer, batch_tokens=600) for pairs in (ALIGNED, PAIRS[:400])
    )
    assert found == expected


@pytest.mark.parametrize("argument", ["reversal", "preparation"])
@pytest.mark.filterwarnings("ignore:`reversal`")
def test_arguments_that_change_the_words_are_refused(tokenizer, argument):
    with pytest.raises(InputError, match=f"`{argument}` excludes pairs with alignments"):
        token_batches(listed_pairs(ALIGNED), tokenizer, **{argument: 0.5})


@pytest.fixture
def files(tmp_path):
    """Three files: sources, targets, and compressed alignments."""
    paths = [tmp_path / name for name in ("train.de", "train.en", "train.align.gz")]
    for path, lines in zip(paths, zip(*ALIGNED, strict=True), strict=True):
        content = "".join(f"{line}\n" for line in lines).encode()
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return paths


def test_three_files_are_read_together(files):
    found = [tuple(text.decode() for text in row) for row in aligned_pairs(*files).as_numpy_iterator()]
    assert found == ALIGNED


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["0-0", "0-0"], r"train.align: expected a line of alignments for each of the 3 pairs.*Received: 2 lines"),
        (["0-0", "", "0-0", "0-0"], "each of the 3 pairs.*Received: 4 lines"),
        (["0-0", "0-0 1:1", ""], r"train.align, line 2: expected links of word positions.*Received: 1:1\."),
        (["0-0", "0--1", ""], "line 2: expected links.*Received: 0--1"),
        (["0-0", f"0-{'9' * 5000}", ""], "line 2: expected links"),
        (["0-0", "", "0-0 2-0"], "line 3: the link 2-0 needs 3 words, but the source has 2. Positions count from 0"),
        (["0-0", "", "0-1"], "line 3: the link 0-1 needs 2 words, but the target has 1"),
        (["", "", ""], "the file is empty"),
    ],
)
def test_wrong_alignments_are_one_message(tmp_path, lines, message):
    file = tmp_path / "train.align"
    file.write_text("".join(f"{line}\n" for line in lines))
    pairs = [("one", "eins"), ("two", "zwei"), ("  one  two", "drei")]
    with pytest.raises(InputError, match=message):
        list(aligned_rows(pairs, [file]))
