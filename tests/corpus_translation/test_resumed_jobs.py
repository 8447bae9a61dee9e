"""Jobs that continue, and shards that change."""

import json
import os
import socket

import filelock
import pyarrow
import pyarrow.parquet
import pytest
from corpus_jobs import JOB, content_of, translated, written
from untrained_models import lines_of

from keras_transformer.corpus_translation.job import Job, JobError
from keras_transformer.corpus_translation.shard_translator import ShardTranslator, _has_changed, _state
from keras_transformer.corpus_translation.translate_corpus import translate_corpus
from keras_transformer.errors import InputError

pytestmark = pytest.mark.usefixtures("warm")


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


def test_other_settings_or_another_model_are_refused(model, shards, tmp_path):
    output = tmp_path / "out"
    translate_corpus(model, shards / "*.txt", output, JOB)
    with pytest.raises(InputError, match="has translations with beam_size=1. Received: beam_size=2"):
        translate_corpus(model, shards / "*.txt", output, Job(beam_size=2, window=6, batch_size=4))
    job = json.loads((output / "_job.json").read_text())
    (output / "_job.json").write_text(json.dumps({**job, "model": "another"}))
    with pytest.raises(InputError, match="has translations of another model"):
        translate_corpus(model, shards / "*.txt", output, JOB)


def test_settings_can_be_corrected_before_anything_is_translated(model, shards, tmp_path):
    output = tmp_path / "out"
    with pytest.raises(InputError, match="shards cannot be translated"):
        translate_corpus(model, shards / "*.txt", output, Job(beam_size=1, window=6, batch_size=4, source_column="abc"))
    assert translate_corpus(model, shards / "*.txt", output, JOB)["shards"] == 4
    assert json.loads((output / "_manifest.json").read_text())["settings"]["source_column"] is None


def test_a_changed_shard_of_an_earlier_pattern_is_not_in_the_manifest(model, shards, tmp_path):
    output = tmp_path / "out"
    translate_corpus(model, shards / "*.txt", output, JOB)
    (shards / "a.txt").write_bytes(b"\xff\n")
    (shards / "d.txt").touch()  # The content is the same.
    with pytest.raises(InputError, match="1 of 4 shards cannot be translated"):
        translate_corpus(model, shards / "*.txt", output, JOB)
    translate_corpus(model, shards / "b.txt", output, JOB)
    manifest = json.loads((output / "_manifest.json").read_text())
    assert [record["shard"] for record in manifest["shards"]] == ["b.txt", "c.txt", "d.txt"]


def test_a_folder_has_one_writer(model, shards, tmp_path):
    (tmp_path / "out").mkdir()
    with (
        filelock.FileLock(tmp_path / "out" / "_lock"),
        pytest.raises(InputError, match="another translate-corpus writes to this folder"),
    ):
        translate_corpus(model, shards / "*.txt", tmp_path / "out", JOB)


def test_a_shard_that_cannot_be_read_again_is_no_error_of_every_shard(tmp_path):
    path = tmp_path / "a.txt"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))  # It has a size and a time, but nobody can open it, not even root.
        with pytest.raises(InputError, match=rf"^{path}: ") as caught:
            _has_changed(path, _state(path)._replace(inode=0), "")
    assert not isinstance(caught.value, JobError)


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
