"""A process of a joint training without a model. Arguments: what it does, and a file that it creates before."""

import pathlib
import sys
import time

from keras_transformer.errors import InputError
from keras_transformer.processes.command_process import begin_command, end_in_order, end_process, interrupted_status
from keras_transformer.processes.joint_training import joint_training
from keras_transformer.processes.standard_error import standard_error_held_back


def step_forever(watch):
    """Sums an array over all processes, as a training does."""
    import numpy as np  # noqa: PLC0415 (only here, with JAX)
    from jax.experimental import multihost_utils  # noqa: PLC0415

    from keras_transformer.processes.joined_processes import join_processes  # noqa: PLC0415

    join_processes(watch)
    while True:
        multihost_utils.broadcast_one_to_all(np.zeros(1000))
        yield


def result_that_takes_seconds(watch):
    """Returns the result of a function that the first process needs some seconds for."""
    from keras_transformer.processes.joined_processes import join_processes  # noqa: PLC0415 (only here, with JAX)
    from keras_transformer.processes.shared_result import result_of_first  # noqa: PLC0415

    processes = join_processes(watch)
    result_of_first(processes, lambda: "connected")  # Collective operations wait longer for the first connection.
    return result_of_first(processes, lambda: time.sleep(6) or "made")


def wait_for_first(watch, begun):
    """Writes the time: the first process before the others can continue, the others afterwards."""
    if watch.settings.index:
        watch.wait_for_first()
        begun.write_text(str(time.monotonic()))
    else:
        time.sleep(1)
        begun.write_text(str(time.monotonic()))
        watch.wait_for_first()


def run(action, begun):
    with joint_training() as watch:
        watch.training_begins()
        if action == "wait for first":
            wait_for_first(watch, begun)
            return
        if action == "follow":
            begun.touch()
            watch.wait_for_first()
        if action == "result":
            begun.write_text(result_that_takes_seconds(watch))
            return
        steps = step_forever(watch) if action == "step" else None
        if steps:
            next(steps)
        begun.touch()
        if steps:
            for _ in steps:
                time.sleep(0.01)
        if action == "fail":
            raise InputError("train.en: the file is empty.")
        if action == "fail later":
            time.sleep(1)
            raise RuntimeError("a defect")
        if action == "wait":
            time.sleep(600)
        if action == "hold back":
            with standard_error_held_back():
                time.sleep(600)


if __name__ == "__main__":
    begin_command()
    end_in_order()
    try:
        run(sys.argv[1], pathlib.Path(sys.argv[2]))
    except KeyboardInterrupt:
        end_process(interrupted_status())
    except (InputError, RuntimeError) as error:
        print(f"keras-transformer: {error}", file=sys.stderr)
        end_process(2 if isinstance(error, InputError) else 1)
