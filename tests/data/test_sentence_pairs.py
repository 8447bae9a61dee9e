import bz2

import pytest
import tensorflow as tf

from keras_transformer.data import check_text_files, listed_pairs, split_pairs, text_of_pairs, text_pairs, tsv_pairs
from keras_transformer.errors import InputError


def listed(pairs):
    return [(source.decode(), target.decode()) for source, target in pairs.as_numpy_iterator()]


@pytest.fixture
def file(tmp_path):
    """Writes a file with this text and unchanged line ends."""

    def file(content, name="text"):
        path = tmp_path / name
        path.write_bytes(content.encode())
        return path

    return file


@pytest.mark.parametrize("pair", [("a\ud800", "b"), ("a", "b\ud800")])
def test_a_lone_surrogate_in_a_list_is_shown(pair):
    with pytest.raises(ValueError, match=r"Received: '[ab]\\ud800', with the lone surrogate U\+D800"):
        listed_pairs([("one", "eins"), pair])


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
        ("", ""),
        ("", ""),
        ("two", "zwei"),
    ]


@pytest.mark.parametrize("row", ["two\tzwei\tx", "two\tzwei\t", "two"])
def test_a_row_with_another_number_of_columns_ends_the_reading(file, row):
    pairs = tsv_pairs(file(f"one\teins\n{row}\n"))
    with pytest.raises(tf.errors.InvalidArgumentError, match="text, line 2: expected 2 tab-separated columns, as in"):
        listed(pairs)


def test_a_file_with_fewer_lines_ends_the_reading(file):
    pairs = text_pairs(file("one\ntwo\n"), file("eins\n", "other"))
    message = "must have the same number of lines, but .*text has 2 and .*other has 1"
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        listed(pairs)


def test_a_compressed_part_of_a_pattern_is_read_in_its_place(tmp_path):
    (tmp_path / "part-1.tsv").write_text("one\teins\n")
    (tmp_path / "part-2.tsv").write_bytes(bz2.compress(b"two\tzwei\n"))
    assert listed(tsv_pairs(tmp_path / "part-*.tsv")) == [("one", "eins"), ("two", "zwei")]


def test_a_pattern_that_no_file_matches_is_refused_at_once(tmp_path):
    with pytest.raises(InputError, match=r"\*\.tsv: no file matches the pattern\."):
        tsv_pairs(tmp_path / "*.tsv")


def test_a_pair_is_read_again_on_each_pass(file):
    pairs = tsv_pairs(file("one\teins\n" * 1500))
    assert sum(1 for _ in pairs.repeat(2)) == 3000


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


def test_a_pattern_reads_its_files_in_the_order_of_their_names(tmp_path):
    for number, text in [(10, "c\n"), (1, "a\nb\n"), (2, "d\n")]:
        for language in ("ko", "en"):
            (tmp_path / f"part-{number:02d}.{language}").write_text(text.replace("\n", f"{language}\n"))
    pairs = list(text_pairs(tmp_path / "part-*.ko", tmp_path / "part-*.en").as_numpy_iterator())
    assert pairs == [(f"{letter}ko".encode(), f"{letter}en".encode()) for letter in "abdc"]
    assert check_text_files(tmp_path / "part-*.ko", tmp_path / "part-*.en") == 4


def test_parallel_files_have_the_same_order_with_any_endings(tmp_path):
    for number in (1, 10):
        (tmp_path / f"part{number}_source.txt").write_text(f"s{number}\n")  # "1_" sorts after "10".
        (tmp_path / f"part{number}.target.txt").write_text(f"t{number}\n")  # "1." sorts before "10".
    pairs = text_pairs(tmp_path / "part*_source.txt", tmp_path / "part*.target.txt").as_numpy_iterator()
    assert list(pairs) == [(b"s1", b"t1"), (b"s10", b"t10")]


def test_two_stars_match_nested_folders(tmp_path):
    for number, folder in enumerate([".", "a", "a/b"]):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "part.tsv").write_text(f"s{number}\tt{number}\n")
    assert len(list(tsv_pairs(tmp_path / "**" / "*.tsv"))) == 3


def test_only_a_byte_order_mark_at_the_beginning_is_dropped(tmp_path):
    (tmp_path / "a.tsv").write_bytes("\ufeffa\ufeffb\tc\n".encode())
    assert list(tsv_pairs(tmp_path / "a.tsv").as_numpy_iterator()) == [("a\ufeffb".encode(), b"c")]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path):
    (tmp_path / "part[1].tsv").write_text("a\tb\n")
    assert list(tsv_pairs(tmp_path / "part[1].tsv").as_numpy_iterator()) == [(b"a", b"b")]


def test_patterns_without_files_or_with_other_files_on_the_other_side_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"part-\*\.ko: no file matches the pattern\."):
        check_text_files(tmp_path / "part-*.ko", tmp_path / "part-*.en")
    for name, text in [("part-1.ko", "a\n"), ("part-2.ko", "a\n"), ("part-1.en", "a\n")]:
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=r"part-2\.ko: no file of .*part-\*\.en has a matching name\."):
        check_text_files(tmp_path / "part-*.ko", tmp_path / "part-*.en")
    (tmp_path / "whole.en").write_text("a\n")
    with pytest.raises(InputError, match=r"part-\*\.ko matches 2 and .*whole\.en 1\."):
        check_text_files(tmp_path / "part-*.ko", tmp_path / "whole.en")
    (tmp_path / "part-2.en").write_text("a\nb\n")
    with pytest.raises(InputError, match=r"part-2\.ko has 1 and .*part-2\.en has 2\."):
        check_text_files(tmp_path / "part-*.ko", tmp_path / "part-*.en")


def test_unknown_columns_and_splits_are_refused():
    with pytest.raises(ValueError, match="`pairs` must have at least one sentence pair. Received none."):
        listed_pairs([])
    with pytest.raises(ValueError, match="`split` must be one of train, validation, test. Received: split='val'."):
        split_pairs(listed_pairs([("a", "b")]), "val", 0.1)
    with pytest.raises(ValueError, match="`held_out` must be from 0 to 0.5. Received: held_out=0.9."):
        split_pairs(listed_pairs([("a", "b")]), "validation", 0.9)


def test_pairs_come_back_as_strings():
    pairs = [("나는 어제", "yesterday I"), ("", "nothing")]
    assert list(text_of_pairs(listed_pairs(pairs))) == pairs


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a1.en": 2, "a2.en": 3, "a1.de": 3, "a2.de": 2}, "must have the same number of lines"),
        ({"a1.en": 2, "a2.en": 3, "a1.de": 5}, "no file of .* has a matching name"),
        ({"a1.en": 2, "a3.en": 2, "a1.de": 2, "a2.de": 2}, "no file of .* has a matching name"),
    ],
)
def test_files_of_patterns_are_paired_one_by_one(tmp_path, files, message):
    for name, lines in files.items():
        (tmp_path / name).write_text("".join(f"{name} {line}\n" for line in range(lines)))
    with pytest.raises((InputError, tf.errors.InvalidArgumentError), match=message):
        list(text_of_pairs(text_pairs(f"{tmp_path}/a*.en", f"{tmp_path}/a*.de")))
