import datetime
import time

from keras_transformer.corpus_translation.job import further_packages, model_digest, model_folders, versions
from keras_transformer.corpus_translation.job_folder import JobFolder
from keras_transformer.corpus_translation.opened_shard import check_any
from keras_transformer.corpus_translation.shards import find_shards
from keras_transformer.errors import InputError


def translate_corpus(models, pattern, output, job, ray=None, progress=None, prepare=None):
    """Translates the shards of a corpus into a folder, and continues an interrupted job.

    Args:
        models: the model folder, or a list of folders of an ensemble.
        pattern: path or pattern of the shards.
        output: the folder of the translations, new or that of an interrupted job with the same models and settings.
        job: the `Job`.
        ray: the `RaySettings`. Default None: shards are translated in this process.
        progress: a `CorpusProgress`, which counts lines and shards. Default None.
        prepare: called before TensorFlow is imported, if there is a shard to translate. Default None.

    Returns:
        The summary of the run, a dictionary for JSON.

    Raises:
        InputError: the folder belongs to another job, or some shards cannot be read. All others are translated.
        JobError: an error that every shard would have.
    """
    models = model_folders(models)
    digest = model_digest(models, job.shortlist)
    shards = find_shards(pattern, output)
    used = versions(further_packages(models, job, shards))
    folder = JobFolder(output)
    if not folder.path.exists():
        try:
            check_any(shards, job)
        except InputError as error:
            raise _untranslated(output, len(shards), len(shards), error) from None
    with folder.held(digest, job.to_dict(), used) as content:
        started = time.monotonic()
        records = folder.finished(shards)
        rest = [shard for shard in shards if shard.name not in records]
        run = _new_run(ray, len(rest), len(records))
        if progress is not None:
            progress.begin(len(shards), len(records))
        failures = []
        if rest:
            folder.unfinish()
            if prepare is not None:
                prepare()
            if ray is None:
                from keras_transformer.corpus_translation.local_engine import translated_here  # noqa: PLC0415 (slow)

                outcomes = translated_here(rest, models, folder, job, progress and progress.add_lines)
            else:
                from keras_transformer.corpus_translation.ray_engine import translated_by_ray  # noqa: PLC0415 (slow)

                outcomes = translated_by_ray(rest, models, folder, job, digest, used, ray)
            for outcome in outcomes:
                if outcome.failure is None:
                    records[outcome.name] = outcome.record
                    run["lines"] += outcome.record["lines"]
                else:
                    failures.append(outcome.failure)
                if progress is not None:
                    progress.add_shard(outcome, is_counted=ray is None)
            run["seconds"] = round(time.monotonic() - started, 3)
            run["lines_per_second"] = round(run["lines"] / max(run["seconds"], 1e-3), 3)
            content["runs"].append(run)
            folder.keep(content)
        if failures:
            raise _untranslated(output, len(failures), len(shards), failures[0])
        if rest or not folder.is_finished(shards):
            folder.finish(content, records)
    return run


def _untranslated(output, count, total, failure):
    return InputError(
        f"{output}: {count} of {total} shards cannot be translated. {failure} Run the command again when they can be "
        "read."
    )


def _new_run(ray, shards, skipped):
    workers = {"engine": "local", "workers": 1} if ray is None else {"engine": "ray", "workers": ray.workers}
    begin = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return {**workers, "begin": begin, "shards": shards, "skipped_shards": skipped, "lines": 0, "seconds": 0.0}
