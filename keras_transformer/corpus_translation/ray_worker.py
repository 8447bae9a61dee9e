"""A worker of Ray that translates shards. Ray calls it in its own process, on any machine of the cluster."""

import contextlib
import os
import pathlib
import socket
import traceback

from keras_transformer.corpus_translation.job import Job, JobError, check_versions
from keras_transformer.corpus_translation.job_folder import JobFolder
from keras_transformer.corpus_translation.shards import Shard
from keras_transformer.errors import InputError
from keras_transformer.files.small_files import read_small_file
from keras_transformer.files.whole_files import write_text

# Number of workers that may end while they translate the same shard, such as by a lack of memory.
MOST_ATTEMPTS = 3


class RayWorker:
    """Translates groups of shards with one model. It raises no error, but returns all errors as rows.

    Args:
        plan: dictionary with the fields `models`, `output`, `job`, `digest`, `versions` and `run`, see
            `translated_by_ray`.
    """

    def __init__(self, plan):
        # An error here would reach the user without the name of the host.
        self._plan = plan
        self._folder = self._translator = None

    def __call__(self, row):
        """Translates the shards of a row. Returns a list of rows with `shard`, `record`, `failure` and `end`.

        `end` is the message of an error that every shard would have.
        """
        found = []
        for fields in row["shards"]:
            answer = {"shard": fields["name"], "record": None, "failure": None, "end": None}
            found.append(answer)
            where = ""
            try:
                self._prepare()
                where = f"{fields['source']}: "
                answer["record"] = self._record(Shard(**fields))
            except JobError as error:
                answer["end"] = _on_this_host(error)
                break
            except InputError as error:
                answer["failure"] = _on_this_host(error)
            except Exception as error:
                traceback.print_exc()
                answer["end"] = _on_this_host(f"{where}{type(error).__name__}: {error}")
                break
        return [{"answer": answer} for answer in found]

    def _prepare(self):
        """Checks this host at the first shard."""
        if self._translator is not None:
            return
        # Another version can have other settings or modules, so the versions are compared first.
        check_versions(self._plan["versions"])
        from keras_transformer.corpus_translation.shard_translator import ShardTranslator  # noqa: PLC0415 (TensorFlow)

        self._folder = JobFolder(self._plan["output"])
        translator = ShardTranslator(self._plan["models"], self._folder, Job(**self._plan["job"]))
        translator.check_model(self._plan["digest"])
        self._folder.check_job(self._plan["digest"])  # Without the mount, files would be written to a local disk.
        self._translator = translator

    def _record(self, shard):
        # A worker that was killed can have finished the first shards of the row.
        if (record := self._folder.finished_record(shard)) is not None:
            return record
        attempts = pathlib.Path(f"{self._folder.record(shard.name)}.attempts")
        _count_attempt(attempts, self._plan["run"])
        try:
            record = self._translator.translate(shard)
        finally:  # Not if the process is killed.
            attempts.unlink(missing_ok=True)
        return record


def _count_attempt(path, run):
    """Adds a line to a file for an attempt of this run.

    Raises:
        InputError: earlier attempts of the run ended the process too often.
    """
    lines = []
    try:
        with contextlib.suppress(FileNotFoundError):
            lines = read_small_file(path).decode("utf-8", "replace").splitlines()
        write_text(path, "".join(f"{line}\n" for line in [*lines, run]))
    except OSError as error:
        raise JobError(f"{path}: {error.strerror}.") from None
    if lines.count(run) >= MOST_ATTEMPTS:
        name = path.name.removesuffix(".json.attempts")
        raise InputError(f"{MOST_ATTEMPTS} workers ended while they translated {name}.")


def _on_this_host(error):
    return f"{socket.gethostname()} (process {os.getpid()}): {' '.join(str(error).split())}"
