import json

import numpy as np

from keras_transformer.errors import InputError


def result_of_first(processes, make):
    """Calls a function in the first process, and returns its result in every process.

    Args:
        processes: the `Processes`, joined already. All of them must call this.
        make: the function, without arguments; its result must be what JSON can hold.

    Returns:
        The result.

    Raises:
        InputError: the function raised one; every process raises the same.
    """
    if processes.count == 1:
        return make()
    content = b""
    if processes.is_first:
        try:
            answer = {"result": make()}
        except InputError as error:
            answer = {"error": str(error)}
        content = json.dumps(answer).encode()
    answer = json.loads(_bytes_of_first(content))
    if "error" in answer:
        raise InputError(answer["error"])
    return answer["result"]


def _bytes_of_first(content):
    from jax.experimental import multihost_utils  # noqa: PLC0415 (an extra; several processes have it)

    # All processes must give arrays of one shape.
    size = int(multihost_utils.broadcast_one_to_all(np.array(len(content), np.int32)))
    padded = np.zeros(size, np.uint8)
    padded[: len(content)] = np.frombuffer(content, np.uint8)
    return np.asarray(multihost_utils.broadcast_one_to_all(padded)).astype(np.uint8).tobytes()
