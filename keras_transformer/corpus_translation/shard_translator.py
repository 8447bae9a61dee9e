import os
import socket
import time
from typing import NamedTuple

from keras_transformer.corpus_translation.file_digest import file_digest, source_digest
from keras_transformer.corpus_translation.job import JobError, model_digest, model_folders
from keras_transformer.corpus_translation.opened_shard import opened_shard
from keras_transformer.errors import InputError
from keras_transformer.files.whole_files import naming, write_whole
from keras_transformer.text.glossary import Glossary
from keras_transformer.text.token_rows import counted_cuts
from keras_transformer.translator import Translator


class ShardTranslator:
    """Translates shards with one model or an ensemble. Each process has its own.

    The content of a batch depends on the shard and the settings alone, so every process writes the same bytes.

    Args:
        models: the model folder, or a list of folders of an ensemble.
        folder: the `JobFolder`.
        job: the `Job`.
    """

    def __init__(self, models, folder, job):
        self._models = model_folders(models)
        self._folder = folder
        self._job = job
        self._translator = self._glossary = None

    def check_model(self, expected):
        """Checks that this machine has the models and the glossary of the job.

        Args:
            expected: the result of `model_digest` on the machine that started the job.

        Raises:
            JobError: a model or the glossary is missing or another one.
        """
        names = ", ".join(map(str, self._models))
        if model_digest(self._models, self._job.shortlist) != expected:
            raise JobError(f"{names}: the model differs from that of the machine that started the job.")
        if self._job.glossary is not None and self._digest_of_glossary() != self._job.glossary_digest:
            raise JobError(f"{self._job.glossary}: the glossary differs from that of the machine that started the job.")

    def _digest_of_glossary(self):
        try:
            return file_digest(self._job.glossary)
        except OSError as error:
            raise JobError(f"{self._job.glossary}: {error.strerror}.") from None

    def load(self):
        """Loads the models and the glossary if they were not loaded yet.

        Raises:
            JobError: a model folder or the glossary cannot be loaded.
        """
        if self._translator is None:
            languages = {"source": self._job.source_language, "target": self._job.target_language}
            given = {f"{side}_language": language for side, language in languages.items() if language is not None}
            try:
                self._glossary = None if self._job.glossary is None else Glossary.load(self._job.glossary)
                self._translator = Translator.load(self._models, **given)
            except InputError as error:
                raise JobError(str(error)) from None

    def translate(self, shard, progress=None):
        """Translates a shard. The translation has its final name only when it is complete and has a record.

        Args:
            shard: the `Shard`.
            progress: called with the number of lines of each batch. Default None.

        Returns:
            The record of the shard, a dictionary for JSON.

        Raises:
            InputError: the shard cannot be read, or changed while it was translated.
            JobError: the model cannot be loaded, its scores are not finite, or the output cannot be written.
        """
        started = time.monotonic()
        self.load()
        before = _state(shard.source)
        source = opened_shard(shard, self._job)
        output = self._folder.output(shard.name)

        def write(unfinished):
            nonlocal record
            counts = self._write(source, unfinished, output, progress)
            digest = source.source_digest()
            if _has_changed(shard.source, before, digest):
                raise InputError(f"{shard.source}: the file changed while it was translated.")
            record = {
                "shard": shard.name,
                "source": shard.source,
                **counts,
                "bytes": os.path.getsize(unfinished),
                "sha256": file_digest(unfinished),
                "source_bytes": before.size,
                "source_time": before.time,
                "source_sha256": digest,
                "seconds": round(time.monotonic() - started, 3),
                "process": f"{socket.gethostname()}:{os.getpid()}",
            }
            output.unlink(missing_ok=True)  # Otherwise an old translation could get the new record.
            self._folder.keep_record(record)

        record = None
        try:
            write_whole(output, write)
        except JobError as error:
            raise JobError(f"{shard.source}: {error}") from None
        except OSError as error:
            raise JobError(f"{error.filename or output}: {error.strerror or error}.") from error
        return record

    def _write(self, source, unfinished, output, progress):
        """Writes the translations of all windows. Returns the number of lines, and of those that were cut."""
        lines = cut = 0
        with naming(output), source.opened_output(unfinished) as write:
            for rows, texts in source.windows(self._job.window):
                translations, cut_here = self._translations(texts, progress)
                write(rows, translations)
                lines += len(texts)
                cut += cut_here
        return {"lines": lines, "cut_lines": cut}

    def _translations(self, texts, progress):
        with counted_cuts() as cut:
            try:
                found = self._translator.translate(
                    texts,
                    settings=self._job.search,
                    batch_size=self._job.batch_size,
                    split_sentences=self._job.split_sentences,
                    glossary=self._glossary,
                    progress=progress,
                    fixed_batches=True,
                )
            except InputError as error:
                raise JobError(str(error)) from None
        return found, sum(cut)


class _State(NamedTuple):
    """Size, time of the last change in nanoseconds and inode of a file. A write or a replacement changes them."""

    size: int
    time: int
    inode: int


def _state(path):
    try:
        status = os.stat(path)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}.") from None
    return _State(status.st_size, status.st_mtime_ns, status.st_ino)


def _has_changed(path, before, digest):
    """Returns whether a file is another one than when it was in the state `before` and its content was read."""
    after = _state(path)
    if after._replace(inode=before.inode) != before:
        return True
    # Some network file systems have new inodes for the same file.
    return after.inode != before.inode and source_digest(path) != digest
