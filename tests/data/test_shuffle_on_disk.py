import collections
import gzip
import lzma
import os

import pytest

from keras_transformer.data import shuffle_on_disk, shuffle_table_on_disk
from keras_transformer.errors import InputError

PAIRS = [(f"source {number}", f"target {number}") for number in range(500)]


@pytest.fixture
def corpus(tmp_path):
    """A function that writes pairs and returns the paths of both texts and of both outputs."""

    def corpus(pairs):
        for name, side in (("a.en", 0), ("a.de", 1)):
            (tmp_path / name).write_text("".join(f"{pair[side]}\n" for pair in pairs), encoding="utf-8")
        return [tmp_path / name for name in ("a.en", "a.de", "b.en", "b.de")]

    return corpus


def shuffled(paths, **options):
    assert shuffle_on_disk(*paths, **options) > 0
    sides = (path.read_text(encoding="utf-8").split("\n")[:-1] for path in paths[2:])
    return list(zip(*sides, strict=True))


@pytest.mark.parametrize("part_bytes", [100, 4000, 1 << 20])
def test_the_pairs_are_kept_in_a_random_order(corpus, tmp_path, part_bytes):
    paths = corpus(PAIRS)
    found = shuffled(paths, part_bytes=part_bytes)
    assert sorted(found) == sorted(PAIRS)
    # The distance of neighbours is that of random numbers, a third of the length on average.
    places = [int(source.split()[1]) for source, _ in found]
    distances = [abs(first - second) for first, second in zip(places, places[1:], strict=False)]
    assert 140 < sum(distances) / len(distances) < 195
    assert {path.name for path in tmp_path.iterdir()} == {"a.en", "a.de", "b.en", "b.de"}


def test_the_order_depends_on_the_seed_alone(corpus):
    paths = corpus(PAIRS)
    first = shuffled(paths, seed=1, part_bytes=2000)
    assert shuffled(paths, seed=1, part_bytes=2000) == first != shuffled(paths, seed=2, part_bytes=2000)


def test_all_orders_are_equally_likely(corpus):
    paths = corpus([("a", "1"), ("b", "2"), ("c", "3")])
    orders = collections.Counter(
        "".join(source for source, _ in shuffled(paths, seed=seed, part_bytes=3)) for seed in range(240)
    )
    assert len(orders) == 6
    assert max(orders.values()) < 65
    assert min(orders.values()) > 18


def test_an_empty_file_of_a_pattern_is_skipped(tmp_path):
    for side in ("en", "de"):
        (tmp_path / f"part-1.{side}").write_text("one\ntwo\n")
        (tmp_path / f"part-2.{side}").write_text("")
    outputs = tmp_path / "b.en", tmp_path / "b.de"
    assert shuffle_on_disk(tmp_path / "part-*.en", tmp_path / "part-*.de", *outputs) == 2
    assert sorted(outputs[0].read_text().split()) == ["one", "two"]


def test_a_compressed_corpus_and_empty_lines(corpus, tmp_path):
    source, target, *_ = corpus([("a", ""), ("", "b"), ("c\u2028d", "e")])
    source.write_bytes(gzip.compress(source.read_bytes()))
    outputs = tmp_path / "b.en.gz", tmp_path / "b.de"
    assert shuffle_on_disk(source, target, *outputs) == 3
    sources = gzip.decompress(outputs[0].read_bytes()).decode().split("\n")[:-1]
    targets = outputs[1].read_text().split("\n")[:-1]
    assert sorted(zip(sources, targets, strict=True)) == [("", "b"), ("a", ""), ("c\u2028d", "e")]


def test_errors_leave_no_file(corpus, tmp_path, largest_file):
    source, target, *outputs = corpus(PAIRS)
    before = sorted(tmp_path.iterdir())
    with largest_file(2000), pytest.raises(OSError, match="File too large"):
        shuffle_on_disk(source, target, *outputs)
    with pytest.raises(InputError, match="input and output are the same file"):
        shuffle_on_disk(source, target, source, outputs[1])
    with pytest.raises(InputError, match="need different outputs"):
        shuffle_on_disk(source, target, outputs[0], outputs[0])
    with pytest.raises(InputError, match="expected outputs in one existing folder"):
        shuffle_on_disk(source, target, outputs[0], tmp_path / "sub" / "b.de")
    target.write_text("one line\n")
    with pytest.raises(InputError, match="the same number of lines"):
        shuffle_on_disk(source, target, *outputs)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("pack", [bytes, lzma.compress])
def test_the_memory_is_bounded_for_text_of_any_size(corpus, monkeypatch, pack):
    monkeypatch.setitem(shuffle_on_disk.__globals__, "_MOST_PARTS", 2)
    source, target, *outputs = corpus([("a" * 20, "b" * 20)] * 500)
    for path in (source, target):
        path.write_bytes(pack(path.read_bytes()))
    counts = []
    assert shuffle_on_disk(source, target, *outputs, part_bytes=3000, progress=counts.append) == sum(counts) == 500
    assert len(counts) == 4 if pack is bytes else len(counts) > 1
    assert 42 * max(counts) <= 2 * 3000 * 2


def test_parts_that_are_divided_again_keep_the_pairs(corpus, monkeypatch):
    monkeypatch.setitem(shuffle_on_disk.__globals__, "_MOST_PARTS", 2)
    paths = corpus(PAIRS)
    found = shuffled(paths, seed=1, part_bytes=2000)
    assert sorted(found) == sorted(PAIRS)
    assert found == shuffled(paths, seed=1, part_bytes=2000)


def test_a_kill_between_the_outputs_leaves_no_sides_of_two_orders(corpus, monkeypatch):
    *inputs, source, target = corpus(PAIRS)
    shuffle_on_disk(*inputs, source, target, seed=1)
    replace, calls = os.replace, []

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        replace(*arguments)

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        shuffle_on_disk(*inputs, source, target, seed=2)
    assert not source.exists()
    assert target.exists()


def test_the_parts_of_a_killed_call_are_removed(corpus, tmp_path):
    leftover = tmp_path / f"unfinished_{'0' * 16}_b.en"
    leftover.mkdir()
    (leftover / "part_0").write_text("text\n")
    shuffle_on_disk(*corpus(PAIRS))
    assert not leftover.exists()


def test_the_rows_of_a_table_are_shuffled_as_two_texts(tmp_path):
    (tmp_path / "a.tsv").write_text("".join(f"{target}\tnote\t{source}\n" for source, target in PAIRS))
    outputs = [tmp_path / "b.en.gz", tmp_path / "b.de"]
    columns = {"source_column": 3, "target_column": 1}
    assert shuffle_table_on_disk(tmp_path / "*.tsv", *outputs, **columns, seed=1, part_bytes=2000) == len(PAIRS)
    sources = gzip.decompress(outputs[0].read_bytes()).decode().split("\n")[:-1]
    found = list(zip(sources, outputs[1].read_text().split("\n")[:-1], strict=True))
    assert sorted(found) == sorted(PAIRS)
    assert found != PAIRS


def test_parquet_files_are_shuffled_as_two_texts(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    for number, part in enumerate((PAIRS[:300], PAIRS[300:])):
        table = pyarrow.table({"source": [pair[0] for pair in part], "target": [pair[1] for pair in part]})
        parquet.write_table(table, tmp_path / f"part-{number}.parquet")
    outputs = [tmp_path / "b.en", tmp_path / "b.de"]
    assert shuffle_table_on_disk(tmp_path / "part-*.parquet", *outputs, part_bytes=2000) == len(PAIRS)
    texts = (path.read_text().split("\n")[:-1] for path in outputs)
    assert sorted(zip(*texts, strict=True)) == sorted(PAIRS)


def test_a_table_is_not_overwritten(tmp_path):
    (tmp_path / "a.tsv").write_text("a\tb\n")
    with pytest.raises(InputError, match="input and output are the same file"):
        shuffle_table_on_disk(tmp_path / "a.tsv", tmp_path / "a.tsv", tmp_path / "b.de")
    with pytest.raises(InputError, match="columns"):
        shuffle_table_on_disk(tmp_path / "a.tsv", tmp_path / "b.en", tmp_path / "b.de", target_column=3)
    assert {path.name for path in tmp_path.iterdir()} == {"a.tsv"}


@pytest.mark.parametrize("column", [0, -1])
def test_columns_are_counted_from_1(tmp_path, column):
    (tmp_path / "a.tsv").write_text("a\tb\tc\n")
    with pytest.raises(InputError, match=f"`source_column` must be at least 1, .* Received: source_column={column}"):
        shuffle_table_on_disk(tmp_path / "a.tsv", tmp_path / "b.en", tmp_path / "b.de", source_column=column)
    assert {path.name for path in tmp_path.iterdir()} == {"a.tsv"}
