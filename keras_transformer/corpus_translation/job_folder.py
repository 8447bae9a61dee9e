import contextlib
import hashlib
import os
import pathlib
import shutil

import filelock

from keras_transformer.corpus_translation.file_digest import file_digest
from keras_transformer.corpus_translation.job import Job, JobError
from keras_transformer.corpus_translation.shards import (
    JOB_NAME,
    LOCK_NAME,
    MANIFEST_NAME,
    RECORDS_NAME,
    SUCCESS_NAME,
)
from keras_transformer.errors import InputError, short_repr
from keras_transformer.files.small_files import MOST_LIST_BYTES, read_json
from keras_transformer.files.whole_files import is_leftover, remove_unheld, write_json, write_text

_FORMAT = 1
# The longest file name of Linux. A shard's own name can be as long.
_MOST_NAME_BYTES = 255
# The fields of a record that are read.
_FIELDS = {
    **dict.fromkeys(("shard", "source_sha256"), str),
    **dict.fromkeys(("lines", "cut_lines", "bytes", "source_bytes", "source_time"), int),
}


class JobFolder:
    """The output folder of a job: translations, a record of each finished shard, and the manifest.

    `_job.json` has the settings. `_records` has a file for each shard that is done, until the manifest has them all.

    Args:
        path: the folder. It is created if it is missing.
    """

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.records = self.path / RECORDS_NAME

    @contextlib.contextmanager
    def held(self, model, settings, versions):
        """Locks the folder, and checks that it is empty or belongs to a job with the same model and settings.

        Args:
            model: the result of `model_digest`.
            settings: dictionary of the settings.
            versions: dictionary of the versions of the packages.

        Yields:
            The content of `_job.json`, to which `keep` writes.

        Raises:
            InputError: another process writes to the folder, or it has other files or those of another job.
        """
        self._check_other_files()
        self.path.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(self.path / LOCK_NAME, blocking=False)
        try:
            lock.acquire()
        except filelock.Timeout:
            raise InputError(f"{self.path}: another translate-corpus writes to this folder. Wait for it.") from None
        try:
            self._remove_leftovers()
            yield self._job(model, settings, versions)
            self._remove_leftovers()  # Those of workers that were killed.
        finally:
            lock.release()

    def check_job(self, model):
        """Checks that this machine has the folder of a job that another machine has started.

        Args:
            model: the result of `model_digest` on that machine.

        Raises:
            JobError: the folder has no `_job.json`, or that of another model.
        """
        file = self.path / JOB_NAME
        found = read_json(file) if file.is_file() else {}
        if found.get("model") != model:
            problem = "the file is of another job" if found else "the file does not exist"
            raise JobError(f"{file}: {problem}. All machines need the output folder at the same path.")

    def keep(self, job):
        """Writes the content of `_job.json`."""
        write_json(self.path / JOB_NAME, job, indent=1)

    def output(self, name):
        """Returns the path of the translation of the shard with this name."""
        return self.path / name

    def record(self, name):
        """Returns the path of the record of the shard with this name."""
        path = self.records / f"{name}.json"
        if len(os.fsencode(path.name)) > _MOST_NAME_BYTES:
            path = path.with_name(hashlib.sha256(os.fsencode(path.name)).hexdigest() + ".json")
        return path

    def keep_record(self, record):
        """Writes the record of a shard. The translation has its final name only afterwards."""
        write_json(self.record(record["shard"]), record)

    def has_output(self, record):
        """Returns whether the translation of a record exists and has its size."""
        try:
            return self.output(record["shard"]).stat().st_size == record["bytes"]
        except OSError:
            return False

    def finished(self, shards):
        """Returns the records of the shards that are done, by name. See `finished_record`.

        Raises:
            InputError: the translation of a shard that is not done would replace that of another file.
        """
        known = self._known_records()
        done = {shard.name: known[shard.name] for shard in shards if self._is_done(shard, known.get(shard.name))}
        for shard in shards:
            if shard.name not in done and shard.name in known:
                self._check_source(shard, known[shard.name])
        return done

    def finished_record(self, shard):
        """Returns the record of a shard that was translated since the last manifest, or None.

        A shard is done if its translation has the recorded size, and if the shard has the recorded size and either the
        recorded path and time or the recorded hash.
        """
        record = _read_record(self.record(shard.name))
        return record if self._is_done(shard, record) else None

    def is_finished(self, shards):
        """Returns whether `_SUCCESS` and a manifest with all of these shards exist."""
        manifest = self._records_of_manifest()
        return (self.path / SUCCESS_NAME).is_file() and all(shard.name in manifest for shard in shards)

    def finish(self, job, records):
        """Writes the manifest and `_SUCCESS`, and removes the records.

        The manifest keeps the shards of earlier patterns whose translations exist and whose files have not changed.

        Args:
            job: the content of `_job.json`.
            records: dictionary of the records of the shards by name.
        """
        others = {name: record for name, record in self._known_records().items() if name not in records}
        earlier = {name: record for name, record in others.items() if self.has_output(record) and _is_current(record)}
        shards = [record for _, record in sorted({**earlier, **records}.items())]
        totals = {name: sum(record[name] for record in shards) for name in ("lines", "cut_lines")}
        totals = {"shards": len(shards), **totals}
        write_json(self.path / MANIFEST_NAME, {**job, "totals": totals, "shards": shards}, indent=1)
        shutil.rmtree(self.records, ignore_errors=True)
        write_text(self.path / SUCCESS_NAME, "")

    def unfinish(self):
        """Removes `_SUCCESS`, before a shard is translated."""
        (self.path / SUCCESS_NAME).unlink(missing_ok=True)

    def _check_other_files(self):
        if not self.path.exists():
            return
        if not self.path.is_dir():
            raise InputError(f"{self.path}: expected a folder, but it is a file.")
        if (self.path / JOB_NAME).is_file():
            return
        with os.scandir(self.path) as entries:
            other = next((each.name for each in entries if each.name != LOCK_NAME and not is_leftover(each.name)), None)
        if other is not None:
            raise InputError(
                f"{self.path}: expected a new or empty folder, or one of an earlier translate-corpus. It has: {other}."
            )

    def _remove_leftovers(self):
        remove_unheld(path for path in self.path.rglob("*") if is_leftover(path))

    def _job(self, model, settings, versions):
        file = self.path / JOB_NAME
        if not file.is_file():
            job = {"format": _FORMAT, "model": model, "settings": settings, "versions": [versions], "runs": []}
            self.keep(job)
            return job
        job = read_json(file)
        has_fields = isinstance(job.get("settings"), dict) and all(
            isinstance(job.get(name), list) for name in ("versions", "runs")
        )
        if job.get("format") != _FORMAT or not has_fields:
            raise InputError(f"{file}: the file is of another version of keras-transformer, or damaged.")
        if not (self.path / MANIFEST_NAME).is_file() and not any(self.records.rglob("*.json")):
            # Nothing was translated, for example because a setting was wrong.
            job |= {"model": model, "settings": settings, "versions": [versions]}
            self.keep(job)
            return job
        if job.get("model") != model:
            raise InputError(f"{self.path}: the folder has translations of another model. Choose another folder.")
        # Jobs of earlier versions do not have all settings.
        earlier = {**Job().to_dict(), **job["settings"]}
        for name in sorted((settings.keys() | earlier.keys()) - {"glossary"}):  # The same file can have another path.
            before, given = earlier.get(name), settings.get(name)
            if before != given:
                raise InputError(
                    f"{self.path}: the folder has translations with {name}={short_repr(before)}. Received: "
                    f"{name}={short_repr(given)}. Use the same settings or another folder."
                )
        if versions not in job["versions"]:
            job["versions"].append(versions)
            self.keep(job)
        return job

    def _records_of_manifest(self):
        file = self.path / MANIFEST_NAME
        if not file.is_file():
            return {}
        shards = read_json(file, most=MOST_LIST_BYTES).get("shards")
        if not isinstance(shards, list):
            raise InputError(f"{file}: the file is damaged.")
        return {record["shard"]: record for record in shards if _is_record(record)}

    def _known_records(self):
        known = self._records_of_manifest()
        for file in self.records.rglob("*.json"):
            if (record := _read_record(file)) is not None:
                known[record["shard"]] = record
        return known

    def _check_source(self, shard, record):
        earlier = record.get("source", shard.source)
        is_other = os.path.realpath(earlier) != os.path.realpath(shard.source)
        if is_other and os.path.exists(earlier) and self.has_output(record):
            raise InputError(
                f"{self.output(shard.name)}: the file is the translation of {earlier}. Choose another output folder."
            )

    def _is_done(self, shard, record):
        if record is None or not self.has_output(record):
            return False
        try:
            return _has_content(shard.source, record)
        except OSError:
            return False


def _has_content(path, record):
    """Returns whether a file has the content of the shard of a record. It is read only if its path or time differs."""
    file = os.stat(path)
    if file.st_size != record["source_bytes"]:
        return False
    is_same_path = record.get("source", path) == path  # Records of early versions have no path.
    return (is_same_path and file.st_mtime_ns == record["source_time"]) or file_digest(path) == record["source_sha256"]


def _is_current(record):
    """Returns whether the shard of an earlier record still has its content, or is gone."""
    try:
        return "source" not in record or _has_content(record["source"], record)
    except OSError:
        return True


def _read_record(path):
    try:
        record = read_json(path)
    except (OSError, InputError):
        return None
    return record if _is_record(record) else None


def _is_record(record):
    return isinstance(record, dict) and all(type(record.get(name)) is kind for name, kind in _FIELDS.items())
