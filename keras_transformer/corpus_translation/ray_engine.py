"""Translates shards with the workers of a Ray cluster."""

import contextlib
import dataclasses
import logging
import os
import secrets
import socket
import time

from keras_transformer.corpus_translation.job import JobError
from keras_transformer.corpus_translation.outcome import Outcome
from keras_transformer.corpus_translation.ray_worker import RayWorker
from keras_transformer.processes.command_process import handle_signals, is_command
from keras_transformer.processes.standard_error import standard_error_held_back

# Small shards are given to a worker in groups, because a call takes Ray some milliseconds.
_GROUP_SHARDS = 64
_GROUP_BYTES = 1 << 20
_GROUPS_PER_WORKER = 4
# Attempts to start a cluster on this machine.
_STARTS = 3
# A network file system can show a file of another machine so much later.
_SECONDS_TO_APPEAR = 90


def translated_by_ray(shards, models, folder, job, digest, versions, settings):
    """Translates shards with Ray Data: a pool of workers, each with one model. Ray replaces a worker that ends.

    Args:
        shards: list of `Shard`s.
        models: list of model folders. All machines must have them at the same paths.
        folder: the `JobFolder`. All machines must have it at the same path.
        job: the `Job`.
        digest: the result of `model_digest`.
        versions: the result of `versions`.
        settings: the `RaySettings`.

    Yields:
        An `Outcome` per shard, in the order in which they are done.

    Raises:
        JobError: the cluster cannot be reached, no machine of it is large enough for a worker, a translation of another
            machine does not arrive here, or an error that every shard would have, with the name of the host.
    """
    with _cluster(settings) as ray:
        _check_resources(ray.nodes(), settings)
        plan = {
            "models": list(map(os.path.abspath, models)),
            "output": os.path.abspath(folder.path),
            "job": job.to_dict(),
            "digest": digest,
            "versions": versions,
            "run": secrets.token_hex(8),
        }
        groups = _groups(shards, settings.workers)
        rows = [{"shards": [dataclasses.asdict(shard) for shard in group]} for group in groups]
        pool = ray.data.ActorPoolStrategy(size=min(settings.workers, len(rows)), max_tasks_in_flight_per_actor=1)
        answers = ray.data.from_items(rows, override_num_blocks=len(rows)).flat_map(
            RayWorker,
            fn_constructor_args=(plan,),
            compute=pool,
            num_cpus=settings.cpus,
            num_gpus=settings.gpus,
        )
        for row in _rows(answers, ray):
            answer = row["answer"]
            if answer["end"]:
                raise JobError(answer["end"])
            if answer["record"]:
                _wait_for_output(folder, answer["record"])
            yield Outcome(answer["shard"], answer["record"], answer["failure"])


@contextlib.contextmanager
def _cluster(settings):
    """Yields the module of Ray, connected to a cluster."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Messages for developers of Ray.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    import ray  # noqa: PLC0415 (an optional dependency)
    import ray.data  # noqa: PLC0415

    _connect(ray, settings)
    if is_command():
        handle_signals()  # Ray has replaced the handler of SIGTERM.
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    try:
        yield ray
    finally:
        ray.shutdown()


def _connect(ray, settings):
    """Connects to the cluster, or starts one. Ray gives up after 30 seconds, too early on a busy machine."""
    address = settings.address or os.environ.get("RAY_ADDRESS")
    local = {"num_cpus": settings.workers * settings.cpus, "include_dashboard": False}
    attempts = 1 if address else _STARTS
    for attempt in range(attempts):
        try:
            with standard_error_held_back(shown_on_failure=False):
                ray.init(
                    address=address or "local",
                    log_to_driver=False,
                    logging_level=logging.ERROR,
                    runtime_env={"env_vars": _variables(settings)},
                    **({} if address else local),
                )
            return
        except Exception as error:  # Ray raises many classes, also Exception itself.
            ray.shutdown()
            reason = " ".join(str(error).split())
            if attempt == attempts - 1:
                raise JobError(f"{address or 'Ray'}: cannot connect to the Ray cluster ({reason}).") from error


def _check_resources(nodes, settings):
    """Raises a `JobError` if no machine of the cluster has the CPUs and GPUs of a worker. Ray would wait forever."""
    machines = [(node["Resources"].get("CPU", 0), node["Resources"].get("GPU", 0)) for node in nodes if node["Alive"]]
    if not any(settings.cpus <= cpus and settings.gpus <= gpus for cpus, gpus in machines):
        found = ", ".join(sorted({f"{cpus:g} CPUs and {gpus:g} GPUs" for cpus, gpus in machines})) or "nothing"
        raise JobError(
            f"--cpus-per-worker {settings.cpus:g} --gpus-per-worker {settings.gpus:g}: no machine of the Ray cluster "
            f"is large enough. Its machines have {found}."
        )


def _variables(settings):
    """Returns the environment variables of the workers."""
    # One batch per CPU at a time, with one thread each.
    threads = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": str(settings.cpus)}
    # The kernels of this machine, so that the engine does not change a translation.
    onednn = {name: os.environ[name] for name in ("TF_ENABLE_ONEDNN_OPTS",) if name in os.environ}
    return threads | {"TF_CPP_MIN_LOG_LEVEL": "3"} | onednn


def _groups(shards, workers):
    """Returns groups of shards, large ones first, so that no worker gets a large one at the end."""
    groups, group, size = [], [], 0
    most = min(_GROUP_SHARDS, -(-len(shards) // (workers * _GROUPS_PER_WORKER)))
    for shard in sorted(shards, key=lambda shard: (-shard.size, shard.name)):
        if group and (len(group) == most or size + shard.size > _GROUP_BYTES):
            groups.append(group)
            group, size = [], 0
        group.append(shard)
        size += shard.size
    return [*groups, group]


def _wait_for_output(folder, record, seconds=_SECONDS_TO_APPEAR):
    """Raises a `JobError` if the translation of a worker is not in the folder of this machine."""
    deadline = time.monotonic() + seconds
    while not folder.has_output(record):
        if time.monotonic() > deadline:
            writer, reader = record["process"].rpartition(":")[0], socket.gethostname()
            raise JobError(
                f"{folder.output(record['shard'])}: {writer} has written this file, but on {reader} it is missing or "
                "has another size. All machines need the same output folder."
            )
        time.sleep(0.1)


def _rows(answers, ray):
    try:
        yield from answers.iter_rows()
    except ray.exceptions.RayError as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        raise JobError(f"Ray: {lines[-1].strip() if lines else type(error).__name__}") from error
