"""Tests of jobs that translate a corpus in this process."""

import bz2
import gzip
import json
import lzma
import os
import shutil
import socket

import filelock
import pyarrow
import pyarrow.parquet
import pytest
import zstandard
from untrained_models import lines_of

from keras_transformer.corpus_translation.job import Job, JobError, model_digest
from keras_transformer.corpus_translation.parquet_shard import ParquetShard
from keras_transformer.corpus_translation.shard_translator import ShardTranslator, _has_changed, _state
from keras_transformer.corpus_translation.translate_corpus import translate_corpus
from keras_transformer.errors import InputError
from keras_transformer.generation import SearchSettings
from keras_transformer.translator import Translator

pytestmark = pytest.mark.usefixtures("warm")

JOB = Job(beam_size=1, window=6, batch_size=4)
SEARCH = {"beam_size": 1, "batch_size": 4}


def written(lines):
    return "".join(f"{line}\n" for line in lines).encode()


def translated(translator, lines):
    """The translations in windows of the job."""
    windows = [lines[start : start + JOB.window] for start in range(0, len(lines), JOB.window)]
    return [text for window in windows for text in translator.translate(window, **SEARCH)]


@pytest.fixture
def shards(tmp_path):
    """A folder of shards of 3, 7, 8 and no lines."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name, count in (("a", 3), ("b", 7), ("c", 8), ("d", 0)):
        (folder / f"{name}.txt").write_bytes(written(lines_of(count, start=ord(name))))
    return folder


def content_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if not path.name.startswith("_")}


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


def test_a_second_run_skips_shards_that_are_done(model, shards, tmp_path):
    output = tmp_path / "out"
    translate_corpus(model, shards / "*.txt", output, JOB)
    before = content_of(output)
    (output / "b.txt").unlink()
    (output / "c.txt").write_bytes(b"cut off")
    (shards / "a.txt").touch()  # The content is the same.
    run = translate_corpus(model, shards / "*.txt", output, JOB)
    assert (run["shards"], run["skipped_shards"], run["lines"]) == (2, 2, 15)
    assert content_of(output) == before
    assert translate_corpus(model, shards / "*.txt", output, JOB)["shards"] == 0


def test_a_changed_shard_is_translated_again(model, translator, shards, tmp_path):
    output = tmp_path / "out"
    translate_corpus(model, shards / "*.txt", output, JOB)
    lines = ["a dog", *lines_of(2)]
    (shards / "a.txt").write_bytes(written(lines))
    assert translate_corpus(model, shards / "*.txt", output, JOB)["shards"] == 1
    assert (output / "a.txt").read_bytes() == written(translated(translator, lines))


def append(path):
    path.write_bytes(path.read_bytes() + b"a dog\n")


def replace(path):
    # With the size and the time of the old file.
    status = path.stat()
    new = path.with_suffix(".new")
    new.write_bytes(path.read_bytes()[::-1].strip() + b"\n")
    os.utime(new, ns=(status.st_atime_ns, status.st_mtime_ns))
    os.replace(new, path)


def remove(path):
    path.unlink()


def write_table(path, lines):
    pyarrow.parquet.write_table(pyarrow.table({"text": lines}), path)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("b.txt", append, "the file changed while it was translated."),
        ("b.txt", replace, "the file changed while it was translated."),
        ("b.txt", remove, "No such file or directory."),
        ("b.parquet", remove, "No such file or directory."),
        ("b.parquet", lambda path: write_table(path, ["a cat"]), "the file changed while it was translated."),
    ],
)
def test_a_shard_that_changes_meanwhile_fails_alone(model, shards, tmp_path, monkeypatch, name, change, message):
    path, output = shards / name, tmp_path / "out"
    if name.endswith("parquet"):
        (shards / "b.txt").unlink()
        write_table(path, lines_of(7))
    translations = ShardTranslator._translations

    def changed(self, texts, progress):
        if len(texts) == 7:
            change(path)
        return translations(self, texts, progress)

    (shards / "c.txt").write_bytes(written(lines_of(4)))
    job = Job(beam_size=1, window=7, batch_size=4)
    with monkeypatch.context() as patched:
        patched.setattr(ShardTranslator, "_translations", changed)
        with pytest.raises(InputError, match="1 of 4 shards cannot be translated") as caught:
            translate_corpus(model, shards / "*", output, job)
    assert f"{path}: {message}" in str(caught.value)
    assert content_of(output).keys() == {"a.txt", "c.txt", "d.txt"}
    if not path.exists():
        write_table(path, ["a cat"]) if name.endswith("parquet") else path.write_bytes(b"a cat\n")
    run = translate_corpus(model, shards / "*", output, job)
    assert (run["shards"], run["skipped_shards"]) == (1, 3)
    assert run["lines"] == {append: 8, replace: 7}.get(change, 1)


def test_a_shard_that_cannot_be_read_again_is_no_error_of_every_shard(tmp_path):
    path = tmp_path / "a.txt"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))  # It has a size and a time, but nobody can open it, not even root.
        with pytest.raises(InputError, match=rf"^{path}: ") as caught:
            _has_changed(path, _state(path)._replace(inode=0), "")
    assert not isinstance(caught.value, JobError)


def test_a_translation_of_another_file_is_not_replaced(model, shards, tmp_path):
    output, other = tmp_path / "out", tmp_path / "other"
    other.mkdir()
    translate_corpus(model, shards / "*.txt", output, JOB)
    before = content_of(output)
    # The same size and time, and another content.
    (other / "a.txt").write_bytes((shards / "a.txt").read_bytes()[::-1])
    status = (shards / "a.txt").stat()
    os.utime(other / "a.txt", ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(InputError, match=rf"out/a.txt: the file is the translation of {shards}/a.txt. Choose another"):
        translate_corpus(model, other / "*.txt", output, JOB)
    assert content_of(output) == before
    # The corpus was moved.
    (shards / "a.txt").unlink()
    assert translate_corpus(model, other / "*.txt", output, JOB)["shards"] == 1
    # Records of earlier versions have no path.
    manifest = json.loads((output / "_manifest.json").read_text())
    for record in manifest["shards"]:
        record.pop("source")
    (output / "_manifest.json").write_text(json.dumps(manifest))
    assert translate_corpus(model, shards / "[bcd].txt", output, JOB)["skipped_shards"] == 3


def test_two_patterns_can_share_a_folder(model, shards, tmp_path):
    output = tmp_path / "out"
    for pattern in ("[ab].txt", "[cd].txt"):
        translate_corpus(model, shards / pattern, output, JOB)
    manifest = json.loads((output / "_manifest.json").read_text())
    assert manifest["totals"]["shards"] == 4
    assert translate_corpus(model, shards / "*.txt", output, JOB)["skipped_shards"] == 4


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


def test_other_settings_or_another_model_are_refused(model, shards, tmp_path):
    output = tmp_path / "out"
    translate_corpus(model, shards / "*.txt", output, JOB)
    with pytest.raises(InputError, match="has translations with beam_size=1. Received: beam_size=2"):
        translate_corpus(model, shards / "*.txt", output, Job(beam_size=2, window=6, batch_size=4))
    job = json.loads((output / "_job.json").read_text())
    (output / "_job.json").write_text(json.dumps({**job, "model": "another"}))
    with pytest.raises(InputError, match="has translations of another model"):
        translate_corpus(model, shards / "*.txt", output, JOB)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("_job.json", lambda job: {**job, "runs": 3}),
        ("_job.json", lambda job: {**job, "versions": None}),
        ("_manifest.json", lambda manifest: {**manifest, "shards": 3}),
    ],
)
def test_a_damaged_file_of_a_job_is_one_line(model, shards, tmp_path, name, change):
    translate_corpus(model, shards / "a.txt", tmp_path / "out", JOB)
    file = tmp_path / "out" / name
    file.write_text(json.dumps(change(json.loads(file.read_text()))))
    with pytest.raises(InputError, match=f"{name}: the file is .*damaged"):
        translate_corpus(model, shards / "a.txt", tmp_path / "out", JOB)


@pytest.mark.parametrize("content", ['{"shard": "a.txt"}', "[" * 200, None])
def test_a_shard_with_a_damaged_record_is_translated_again(model, shards, tmp_path, content):
    translate_corpus(model, shards / "a.txt", tmp_path / "out", JOB)
    manifest = json.loads((tmp_path / "out" / "_manifest.json").read_text())
    (record,) = manifest["shards"]
    manifest["shards"] = [{**record, "lines": "3"}]
    (tmp_path / "out" / "_manifest.json").write_text(json.dumps(manifest))
    path = tmp_path / "out" / "_records" / "a.txt.json"
    path.parent.mkdir()
    path.symlink_to("/dev/zero") if content is None else path.write_text(content)
    assert translate_corpus(model, shards / "a.txt", tmp_path / "out", JOB)["shards"] == 1


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


def test_a_folder_has_one_writer(model, shards, tmp_path):
    (tmp_path / "out").mkdir()
    with (
        filelock.FileLock(tmp_path / "out" / "_lock"),
        pytest.raises(InputError, match="another translate-corpus writes to this folder"),
    ):
        translate_corpus(model, shards / "*.txt", tmp_path / "out", JOB)


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


def test_options_of_the_search_are_those_of_the_translator(model, translator, shards, tmp_path):
    search = {"sample": True, "seed": 3, "temperature": 2.0, "top_k": 40, "top_p": 0.9, "no_repeat_ngram": 2}
    search |= {"min_length": 3, "length_penalty": 0.0}
    lines = lines_of(7, start=ord("b"))
    for number, changes in enumerate(({}, {"seed": 4})):
        output = tmp_path / str(number)
        translate_corpus(model, shards / "b.txt", output, Job(**{**search, **changes}, window=100))
        settings = SearchSettings(**{**search, **changes})
        assert (output / "b.txt").read_bytes() == written(translator.translate(lines, settings=settings))
    assert (tmp_path / "0" / "b.txt").read_bytes() != (tmp_path / "1" / "b.txt").read_bytes()
    with pytest.raises(InputError, match="has translations with seed=4. Received: seed=5"):
        translate_corpus(model, shards / "b.txt", output, Job(**{**search, "seed": 5}, window=100))


def test_a_job_of_an_earlier_version_is_continued(model, shards, tmp_path):
    output = tmp_path / "out"
    translate_corpus(model, shards / "*.txt", output, JOB)
    job = json.loads((output / "_job.json").read_text())
    names = ("beam_size", "length_penalty", "batch_size", "split_sentences", "source_language", "target_language")
    names += ("source_column", "target_column", "window")
    settings = {name: job["settings"][name] for name in names}
    (output / "_job.json").write_text(json.dumps({**job, "settings": settings}))
    assert translate_corpus(model, shards / "*.txt", output, JOB)["skipped_shards"] == 4
    with pytest.raises(InputError, match="has translations with sample=False. Received: sample=True"):
        translate_corpus(model, shards / "*.txt", output, Job(sample=True, window=6, batch_size=4))


def test_an_ensemble_is_a_job_of_all_of_its_models(model, translator, shards, tmp_path, monkeypatch):
    loaded = []
    monkeypatch.setattr(Translator, "load", lambda paths: loaded.extend(paths) or translator)
    translate_corpus([model, str(model)], shards / "*.txt", tmp_path / "out", JOB)
    assert loaded == [model, model]
    assert (tmp_path / "out" / "a.txt").exists()
    with pytest.raises(InputError, match="has translations of another model"):
        translate_corpus(model, shards / "*.txt", tmp_path / "out", JOB)


def test_a_new_shortlist_is_another_model_for_jobs_with_shortlists_alone(model, tmp_path):
    copy = shutil.copytree(model, tmp_path / "copy")
    before = [model_digest(copy), model_digest(copy, shortlist=True)]
    (copy / "shortlist.npy").write_bytes(b"any")
    assert model_digest(copy) == before[0] == before[1] == model_digest([copy])
    assert model_digest(copy, shortlist=True) != before[1]


def test_a_glossary_belongs_to_the_job(model, shards, tmp_path):
    glossary = tmp_path / "terms.tsv"
    glossary.write_text("cat\tKatze\n")
    with pytest.raises(JobError, match="a glossary needs a model with symbols for terms"):
        translate_corpus(model, shards / "*.txt", tmp_path / "out", Job(beam_size=1, glossary=str(glossary)))
    glossary.write_text("cat\tKater\n")
    with pytest.raises(InputError, match="has translations with glossary_digest="):
        translate_corpus(model, shards / "*.txt", tmp_path / "out", Job(beam_size=1, glossary=str(glossary)))


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"sample": True, "beam_size": 4}, "draws each token without a beam"), ({"top_k": 3}, "needs `sample=True`")],
)
def test_settings_that_exclude_each_other_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        Job(**settings)
