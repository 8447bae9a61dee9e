"""Tests of jobs that translate a corpus in this process."""

import bz2
import gzip
import json
import lzma

import pyarrow
import pyarrow.parquet
import pytest
import zstandard
from corpus_jobs import JOB, SEARCH, content_of, translated, written
from untrained_models import lines_of

from keras_transformer.corpus_translation.job import Job, JobError
from keras_transformer.corpus_translation.parquet_shard import ParquetShard
from keras_transformer.corpus_translation.translate_corpus import translate_corpus
from keras_transformer.errors import InputError

pytestmark = pytest.mark.usefixtures("warm")


def test_every_shard_has_a_file_with_the_translations_of_its_lines(model, translator, shards, tmp_path):
    output = tmp_path / "out"
    run = translate_corpus(model, shards / "*.txt", output, JOB)
    expected = {path.name: written(translated(translator, path.read_text().splitlines())) for path in shards.iterdir()}
    assert content_of(output) == expected
    assert (run["shards"], run["lines"]) == (4, 18)


def test_the_manifest_has_counts_hashes_settings_and_versions(model, shards, tmp_path):
    output = tmp_path / "out"
    translate_corpus(model, shards / "*.txt", output, JOB)
    manifest = json.loads((output / "_manifest.json").read_text())
    assert manifest["totals"] == {"shards": 4, "lines": 18, "cut_lines": 0}
    assert manifest["settings"]["window"] == 6
    assert manifest["versions"][0].keys() >= {"keras_transformer", "tensorflow"}
    assert manifest["runs"][0]["lines_per_second"] > 0
    assert [(record["shard"], record["lines"]) for record in manifest["shards"]] == [
        ("a.txt", 3),
        ("b.txt", 7),
        ("c.txt", 8),
        ("d.txt", 0),
    ]
    assert all(len(record["sha256"]) == len(record["source_sha256"]) == 64 for record in manifest["shards"])
    assert (output / "_SUCCESS").read_bytes() == b""
    assert not (output / "_records").exists()


@pytest.mark.parametrize(
    ("name", "pack", "unpack"),
    [
        ("a.gz", gzip.compress, gzip.decompress),
        ("a.bz2", bz2.compress, bz2.decompress),
        ("a.xz", lzma.compress, lzma.decompress),
        ("a.zst", zstandard.compress, lambda packed: zstandard.ZstdDecompressor().decompressobj().decompress(packed)),
    ],
)
def test_the_translation_is_compressed_as_the_shard(model, translator, tmp_path, name, pack, unpack):
    lines = lines_of(8)
    (tmp_path / name).write_bytes(pack(written(lines)))
    for output in ("out", "again"):
        translate_corpus(model, tmp_path / name, tmp_path / output, JOB)
    packed = (tmp_path / "out" / name).read_bytes()
    assert packed != unpack(packed) == written(translated(translator, lines))
    assert packed == (tmp_path / "again" / name).read_bytes()


def test_tab_separated_text_gets_a_column(model, translator, tmp_path):
    lines = lines_of(5)
    rows = [f"{number}\t{line}" for number, line in enumerate(lines)]
    (tmp_path / "a.tsv").write_bytes(written([*rows, ""]))
    translate_corpus(model, tmp_path / "a.tsv", tmp_path / "out", Job(source_column="2", **SEARCH))
    expected = [f"{row}\t{text}" for row, text in zip(rows, translator.translate(lines, **SEARCH), strict=True)]
    assert (tmp_path / "out" / "a.tsv").read_bytes() == written([*expected, "\t"])


def test_parquet_gets_a_column(model, translator, tmp_path):
    lines = lines_of(13)
    table = pyarrow.table({"id": range(14), "text": [*lines, None]})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet", row_group_size=5)
    translate_corpus(model, tmp_path / "a.parquet", tmp_path / "out", Job(window=100, **SEARCH))
    found = pyarrow.parquet.read_table(tmp_path / "out" / "a.parquet")
    assert found.select(["id", "text"]).equals(table)
    assert found["translation"].to_pylist() == [*translator.translate(lines, **SEARCH), None]


def test_windows_of_parquet_are_those_of_text(model, translator, tmp_path):
    lines = lines_of(200)
    pyarrow.parquet.write_table(pyarrow.table({"text": lines}), tmp_path / "a.parquet", row_group_size=90)
    windows = []
    for most in (70, 1000):
        shard = ParquetShard(tmp_path / "a.parquet")
        with shard.opened_output(tmp_path / "b.parquet") as write:
            for rows, texts in shard.windows(most):
                windows.append(texts)
                write(rows, texts)
        table = pyarrow.parquet.read_table(tmp_path / "b.parquet")
        assert table["text"].to_pylist() == table["translation"].to_pylist() == lines
    assert windows == [lines[:70], lines[70:140], lines[140:], lines]


def test_nested_folders_are_kept(model, shards, tmp_path):
    (shards / "sub").mkdir()
    (shards / "sub" / "a.txt").write_bytes(written(lines_of(2)))
    translate_corpus(model, shards / "**/*.txt", tmp_path / "out", JOB)
    assert (tmp_path / "out" / "sub" / "a.txt").read_bytes().count(b"\n") == 2
    assert (tmp_path / "out" / "a.txt").read_bytes().count(b"\n") == 3


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("e.txt", b"good\nbad \xff\n", "e.txt, line 2: expected UTF-8, but byte 5 of the line is 0xff."),
        ("e.gz", gzip.compress(b"a\n" * 9)[:-9], "but its end is missing"),
        ("e.parquet", b"PAR1 and nothing", "e.parquet: the Parquet file cannot be read"),
        ("e.tsv", b"one\n", "line 1: expected at least 2 tab-separated columns. Received: 1."),
        (
            "e.tsv",
            b"a\tb\n\na\tb\tc\n",
            "line 3: expected 2 tab-separated columns, as in line 1, but there are 3",
        ),
        ("e.txt", b"x" * (17 << 20) + b"\n", "e.txt, line 1: longer than 16,777,216 bytes"),
    ],
    ids=["no UTF-8", "cut off", "damaged Parquet", "too few columns", "tab in a text", "enormous line"],
)
def test_a_shard_that_cannot_be_read_does_not_stop_the_others(model, shards, tmp_path, name, content, message):
    output = tmp_path / "out"
    for path in shards.iterdir():
        path.write_bytes(b"".join(b"-\t" + line for line in path.read_bytes().splitlines(keepends=True)))
    (shards / name).write_bytes(content)
    job = Job(source_column="2", **SEARCH) if name.endswith("tsv") else JOB
    with pytest.raises(InputError, match="1 of 5 shards cannot be translated") as caught:
        translate_corpus(model, shards / "*", output, job)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert content_of(output).keys() == {"a.txt", "b.txt", "c.txt", "d.txt"}
    assert not (output / "_SUCCESS").exists()
    (shards / name).unlink()
    assert translate_corpus(model, shards / "*", output, job)["skipped_shards"] == 4
    assert (output / "_SUCCESS").exists()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ([("text", ["a", "x" * (17 << 20)])], "e.parquet, row 2: longer than 16,777,216 bytes"),
        ([("text", ["a"]), ("text", ["b"])], "e.parquet: the column 'text' occurs twice."),
    ],
    ids=["enormous text", "column twice"],
)
def test_a_parquet_file_that_does_not_fit_is_one_line(model, shards, tmp_path, columns, message):
    names, texts = zip(*columns, strict=True)
    pyarrow.parquet.write_table(pyarrow.Table.from_arrays([*map(pyarrow.array, texts)], names), shards / "e.parquet")
    with pytest.raises(InputError, match="1 of 5 shards cannot be translated") as caught:
        translate_corpus(model, shards / "*", tmp_path / "out", JOB)
    assert message in str(caught.value)
    assert content_of(tmp_path / "out").keys() == {"a.txt", "b.txt", "c.txt", "d.txt"}


def test_an_error_of_the_translation_names_the_shard(model, translator, shards, tmp_path, monkeypatch):
    def fail(*arguments, **options):
        raise InputError("The scores are not finite.")

    monkeypatch.setattr(translator, "translate", fail)
    with pytest.raises(JobError, match=rf"^{shards}/a.txt: The scores are not finite.$"):
        translate_corpus(model, shards / "*.txt", tmp_path / "out", JOB)


def test_long_lines_are_cut_and_counted(model, shards, tmp_path):
    (shards / "a.txt").write_bytes(b"the cat " * 10_000 + b"\nthe dog\n")
    translate_corpus(model, shards / "*.txt", tmp_path / "out", JOB)
    records = json.loads((tmp_path / "out" / "_manifest.json").read_text())["shards"]
    assert [record["cut_lines"] for record in records] == [1, 0, 0, 0]


def test_a_folder_with_other_files_is_refused(model, shards, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="expected a new or empty folder.* It has: mine.txt"):
        translate_corpus(model, shards / "*.txt", tmp_path / "out", JOB)


def test_the_corpus_is_not_replaced(model, shards, tmp_path):
    with pytest.raises(InputError, match="would replace the files of the corpus"):
        translate_corpus(model, shards / "*.txt", shards, JOB)
    # An output folder within the corpus is not part of it.
    for _ in range(2):
        translate_corpus(model, shards / "**/*", shards / "out", JOB)
    assert content_of(shards / "out").keys() == {"a.txt", "b.txt", "c.txt", "d.txt"}


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("missing.txt", "missing.txt: the file does not exist."),
        ("*.none", "no file matches the pattern"),
        ("", r"it is a folder. Use the pattern '.*/\*'"),
    ],
)
def test_a_pattern_without_shards_is_refused(model, shards, tmp_path, pattern, message):
    with pytest.raises(InputError, match=message):
        translate_corpus(model, shards / pattern, tmp_path / "out", JOB)


def test_a_full_disk_ends_the_job_and_loses_nothing(model, shards, tmp_path, largest_file):
    (shards / "c.txt").write_bytes(written(lines_of(180)))
    output = tmp_path / "out"
    with largest_file(3000), pytest.raises(JobError, match="c.txt: File too large"):
        translate_corpus(model, shards / "*.txt", output, JOB)
    assert content_of(output).keys() == {"a.txt", "b.txt"}
    assert translate_corpus(model, shards / "*.txt", output, JOB)["skipped_shards"] == 2
    assert content_of(output).keys() == {"a.txt", "b.txt", "c.txt", "d.txt"}


@pytest.mark.parametrize("kind", ["tsv", "parquet"])
def test_a_column_that_no_shard_has_is_found_before_work(model, tmp_path, kind):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for name in ("a", "b"):
        if kind == "tsv":
            (corpus / f"{name}.tsv").write_text("the cat\tein hund\n" * 3)
        else:
            pyarrow.parquet.write_table(pyarrow.table({"text": ["the cat"]}), corpus / f"{name}.parquet")
    job = Job(source_column="3" if kind == "tsv" else "words", **SEARCH)
    prepared = []
    with pytest.raises(InputError, match="2 of 2 shards cannot be translated") as caught:
        translate_corpus(model, corpus / "*", tmp_path / "out", job, prepare=lambda: prepared.append(True))
    assert not prepared
    assert f"{corpus}/a.{kind}" in str(caught.value)
    # The folder can be used with the right column.
    assert translate_corpus(model, corpus / "*", tmp_path / "out", Job(source_column=None, **SEARCH))["shards"] == 2


def test_names_can_have_the_most_bytes(model, translator, tmp_path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    names = ["가" * 83 + "ab.txt", "a" * 251, "나" * 84]
    for name in names:
        (corpus / name).write_text("the cat sees bread .\n")
    run = translate_corpus(model, corpus / "*", tmp_path / "out", JOB)
    assert (run["shards"], run["lines"]) == (3, 3)
    assert content_of(tmp_path / "out").keys() == set(names)
    assert translate_corpus(model, corpus / "*", tmp_path / "out", JOB)["skipped_shards"] == 3
