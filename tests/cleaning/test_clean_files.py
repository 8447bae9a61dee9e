import gzip
import json
import os

import pytest

from keras_transformer.cleaning import CleaningSettings, clean_files, cleaned_outputs, corpus_facts
from keras_transformer.errors import InputError

SETTINGS = CleaningSettings("en", "de")
PAIRS = [
    ("A man reads a newspaper.", "Ein Mann liest eine Zeitung."),
    ("A dog runs on the grass.", ""),
    ("Two children play outside.", "Zwei Kinder spielen draußen."),
    ("Two children play outside.", "Zwei Kinder spielen draußen."),
    ("A cat\tsleeps.", "Eine Katze schläft."),
]


@pytest.fixture
def files(tmp_path):
    """The two files of the pairs."""
    paths = tmp_path / "train.en", tmp_path / "train.de"
    for path, texts in zip(paths, zip(*PAIRS, strict=True), strict=True):
        path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return paths


def lines(path):
    content = path.read_bytes().decode("utf-8")
    assert not content or content.endswith("\n")
    return content.split("\n")[:-1]


def test_kept_and_dropped_pairs_are_written(files, tmp_path):
    report = clean_files(*files, output_prefix=tmp_path / "clean", settings=SETTINGS)
    assert lines(tmp_path / "clean.en") == [PAIRS[number][0] for number in (0, 2, 4)]
    assert lines(tmp_path / "clean.de") == [PAIRS[number][1] for number in (0, 2, 4)]
    dropped = [json.loads(line) for line in lines(tmp_path / "clean.dropped.jsonl")]
    assert dropped == [
        {"pair": 2, "rule": "empty", "reason": "the target is empty", "source": PAIRS[1][0], "target": ""},
        {
            "pair": 4,
            "rule": "duplicate",
            "reason": "the pair occurred before",
            **dict(zip(("source", "target"), PAIRS[3], strict=True)),
        },
    ]
    assert (report.pairs, report.kept) == (5, 3)
    assert sorted(os.listdir(tmp_path)) == ["clean.de", "clean.dropped.jsonl", "clean.en", "train.de", "train.en"]


@pytest.mark.parametrize("limit", [float("nan"), -0.1, 1.5])
def test_a_limit_of_dropped_pairs_is_a_fraction(files, tmp_path, limit):
    with pytest.raises(InputError, match=f"`max_dropped` must be from 0 to 1. Received: max_dropped={limit}"):
        clean_files(*files, output_prefix=tmp_path / "clean", settings=SETTINGS, max_dropped=limit)


def test_an_empty_file_of_a_pattern_is_skipped(files, tmp_path):
    for path in files:
        path.with_stem("train2").write_bytes(b"")
    report = clean_files(tmp_path / "*.en", tmp_path / "*.de", settings=SETTINGS)
    assert (report.pairs, report.kept) == (5, 3)


def test_compressed_files_patterns_and_equal_endings(files, tmp_path):
    for number in (1, 2):
        for path, side in zip(files, ("source", "target"), strict=True):
            (tmp_path / f"{side}-{number}.txt.gz").write_bytes(gzip.compress(path.read_bytes()))
    sides = tmp_path / "source-*.txt.gz", tmp_path / "target-*.txt.gz"
    report = clean_files(*sides, output_prefix=tmp_path / "clean", settings=SETTINGS, max_dropped=1)
    assert (report.pairs, report.kept, report.dropped["duplicate"]) == (10, 3, 5)
    assert len(lines(tmp_path / "clean.source")) == len(lines(tmp_path / "clean.target")) == 3


def test_rows_of_a_tsv_file_are_kept_whole(tmp_path):
    path, rows = tmp_path / "a.tsv", [f"{target}\t{number}\t{source}" for number, (source, target) in enumerate(PAIRS)]
    path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    report = clean_files(
        tsv=path, source_column=3, target_column=1, output_prefix=tmp_path / "clean", settings=SETTINGS, max_dropped=0.6
    )
    # The last row has a tab within a text.
    assert lines(tmp_path / "clean.tsv") == [rows[0], rows[2]]
    dropped = [json.loads(line) for line in lines(tmp_path / "clean.dropped.jsonl")]
    assert [(each["rule"], each["row"]) for each in dropped] == [
        ("empty", rows[1]),
        ("duplicate", rows[3]),
        ("columns", rows[4]),
    ]
    assert report.examples["columns"].reason == "4 tab-separated columns instead of 3"


def test_the_usual_number_of_columns_counts_if_the_first_row_is_wrong(cases):
    report = clean_files(tsv=cases / "innertab.tsv", settings=SETTINGS)
    assert (report.pairs, report.dropped["columns"]) == (300, 30)


def test_bytes_that_are_not_utf8_are_dropped_and_nothing_is_lost(files, tmp_path):
    source, target = files
    source.write_bytes(source.read_bytes() + "Grüße\r\n".encode("latin-1"))
    target.write_bytes(target.read_bytes() + b"Gr\xc3\xbc\xc3\x9fe\r\n")
    clean_files(source, target, output_prefix=tmp_path / "clean", settings=SETTINGS)
    last = json.loads(lines(tmp_path / "clean.dropped.jsonl")[-1])
    assert (last["rule"], last["reason"]) == ("encoding", "the source is not UTF-8: it has the byte 0xfc")
    assert last["source"].encode("utf-8", "surrogateescape") == "Grüße".encode("latin-1")
    assert last["target"] == "Grüße"


def test_the_languages_of_a_file_with_bytes_that_are_not_utf8_are_found(tmp_path):
    french, spanish = ["Un homme traverse la rue avec son chien."] * 40, ["Un hombre cruza la calle con su perro."] * 40
    french = [f"{text[:-1]} {number}." for number, text in enumerate(french)]
    spanish = [f"{text[:-1]} {number}." for number, text in enumerate(spanish)]
    (tmp_path / "a.fr").write_bytes("".join(f"{text}\n" for text in [*french, "Il a mangé"]).encode("latin-1"))
    (tmp_path / "a.es").write_text("".join(f"{text}\n" for text in [*spanish, "Ha comido"]))
    report = clean_files(tmp_path / "a.fr", tmp_path / "a.es", output_prefix=tmp_path / "clean")
    assert (report.kept, report.dropped["encoding"]) == (40, 1)


def test_outputs_of_patterns_without_an_ending_have_the_names_of_the_sides(tmp_path):
    for side in ("fr", "es"):
        (tmp_path / f"part.{side}_aa").write_text("Bonjour.\n")
    found = cleaned_outputs.output_paths(tmp_path / "clean", tmp_path / "part.fr_*", tmp_path / "part.es_*")
    assert [path.name for path in found] == ["clean.source", "clean.target", "clean.dropped.jsonl"]


@pytest.mark.parametrize("name", ["clean.en", "clean.de", "clean.dropped.jsonl"])
def test_an_input_is_never_an_output(files, tmp_path, name):
    source, target = files
    path = tmp_path / name
    os.link(source, path)
    before = source.read_bytes()
    with pytest.raises(InputError, match=f"{name}: input and output are the same file"):
        clean_files(source, target, output_prefix=tmp_path / "clean", settings=SETTINGS)
    assert source.read_bytes() == path.read_bytes() == before
    with pytest.raises(InputError, match="input and output are the same file"):
        clean_files(source, target, output_prefix=tmp_path / "train", settings=SETTINGS)


def test_nothing_is_written_if_most_pairs_would_be_dropped(files, tmp_path):
    french = CleaningSettings("ko", "de")
    (tmp_path / "clean.en").write_text("old\n")
    with pytest.raises(
        InputError, match=r"5 of 5 pairs would be dropped, 4 of them by the rule script \(pair 1: .*Nothing was written"
    ):
        clean_files(*files, output_prefix=tmp_path / "clean", settings=french)
    assert sorted(os.listdir(tmp_path)) == ["clean.en", "train.de", "train.en"]
    assert lines(tmp_path / "clean.en") == ["old"]
    report = clean_files(*files, output_prefix=tmp_path / "clean", settings=french, max_dropped=1)
    assert report.kept == 0
    assert lines(tmp_path / "clean.en") == []


def test_files_of_different_lengths_are_refused(files, tmp_path):
    source, target = files
    target.write_text("eins\nzwei\n")
    with pytest.raises(InputError, match=r"train\.en has 5 and .*train\.de has 2"):
        clean_files(source, target, output_prefix=tmp_path / "clean", settings=SETTINGS)
    assert sorted(os.listdir(tmp_path)) == ["train.de", "train.en"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"source": "a.en"}, "either `source` and `target`, or `tsv`"),
        ({}, "either `source` and `target`, or `tsv`"),
        ({"source": "a.en", "target": "a.de", "tsv": "a.tsv"}, "either `source` and `target`, or `tsv`"),
        ({"source": "missing.en", "target": "missing.de"}, "missing.en: No such file"),
        ({"tsv": "missing-*.tsv"}, "no file matches the pattern"),
    ],
)
def test_wrong_inputs_are_refused(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        clean_files(**arguments, output_prefix="clean", settings=SETTINGS)
    assert os.listdir(tmp_path) == []


def test_an_empty_file_and_too_few_columns_are_refused(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("")
    with pytest.raises(InputError, match=r"a\.tsv: the file is empty"):
        clean_files(tsv=path)
    path.write_text("a\tb\nc\td\n")
    with pytest.raises(InputError, match="expected at least 3 tab-separated columns, but no line has so many"):
        clean_files(tsv=path, source_column=3)


def test_a_full_disk_leaves_old_outputs(files, tmp_path, largest_file):
    (tmp_path / "clean.en").write_text("old\n")
    with largest_file(16), pytest.raises(OSError, match="File too large"):
        clean_files(*files, output_prefix=tmp_path / "clean", settings=SETTINGS)
    assert sorted(os.listdir(tmp_path)) == ["clean.en", "train.de", "train.en"]
    assert lines(tmp_path / "clean.en") == ["old"]


def test_progress_is_the_size_of_the_source(files):
    done = []
    clean_files(*files, settings=SETTINGS, progress=done.append)
    assert sum(done) == files[0].stat().st_size


def test_temporary_outputs_are_no_input(files, tmp_path, monkeypatch):
    # Outputs of a few lines are written before all of the input is read.
    monkeypatch.setattr(corpus_facts, "_SAMPLE_PAIRS", 2)
    monkeypatch.setattr(cleaned_outputs, "_BUFFER_BYTES", 16)
    (tmp_path / "a").mkdir()
    for path in files:
        path.rename(tmp_path / "a" / path.name)
    report = clean_files(
        tmp_path / "**" / "*.en", tmp_path / "**" / "*.de", output_prefix=tmp_path / "clean", settings=SETTINGS
    )
    assert report.pairs == len(PAIRS)
