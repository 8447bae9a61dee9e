import pytest

from keras_transformer.data import listed_pairs, split_pairs, text_pairs, tsv_pairs


def listed(pairs):
    return [(source.decode(), target.decode()) for source, target in pairs.as_numpy_iterator()]


@pytest.fixture
def file(tmp_path):
    """Writes a file of this text, line ends as they are."""

    def file(content, name="text"):
        path = tmp_path / name
        path.write_bytes(content.encode())
        return path

    return file


def test_text_pairs_go_line_by_line(file):
    pairs = text_pairs(file("\ufeff one \r\n\r\ntwo"), file("eins\n\nzwei\n", "other"))
    assert listed(pairs) == [("one", "eins"), ("", ""), ("two", "zwei")]


def test_only_a_line_feed_ends_a_line(file):
    line = "a\u2028b\x85c\x0bd\x0ce\x00f"
    assert listed(text_pairs(file(f"{line}\n2"), file("1\n2", "other"))) == [(line, "1"), ("2", "2")]


def test_columns_are_counted_from_one(file):
    path = file("\ufeffone\teins\tun\r\n\r\ntwo \t zwei\tdeux")
    assert listed(tsv_pairs(path)) == [("one", "eins"), ("two", "zwei")]
    assert listed(tsv_pairs(path, source_column=3, target_column=1)) == [("un", "one"), ("deux", "two")]


def test_an_empty_column_is_an_empty_text(file):
    assert listed(tsv_pairs(file("one\t\n\teins\n\t\n \ntwo\tzwei\n"))) == [
        ("one", ""),
        ("", "eins"),
        ("two", "zwei"),
    ]


def test_splits_share_no_target_sentence_and_lose_nothing():
    pairs = [(f"source {number}", f"target {number // 2}") for number in range(4000)]
    splits = {name: listed(split_pairs(listed_pairs(pairs), name, 0.1)) for name in ("train", "validation", "test")}
    assert sorted(sum(splits.values(), [])) == sorted(pairs)
    targets = {name: {target for _, target in split} for name, split in splits.items()}
    assert not targets["train"] & targets["validation"]
    assert not targets["train"] & targets["test"]
    assert not targets["validation"] & targets["test"]
    for name, share in {"train": 0.8, "validation": 0.1, "test": 0.1}.items():
        assert len(splits[name]) == pytest.approx(share * len(pairs), rel=0.15)


def test_a_sentence_stays_in_its_split_when_others_come():
    pairs = [(str(number), str(number)) for number in range(500)]
    few, many = (listed(split_pairs(listed_pairs(some), "validation", 0.2)) for some in (pairs[:250], pairs))
    assert set(few) <= set(many)
