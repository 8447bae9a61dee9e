import json

import numpy as np

from keras_transformer.errors import InputError


def result_of_first(processes, make):
    """Calls a function in the first process, and returns its result in every process.

    Args:
        processes: the `Processes`, joined already. All processes must call this function.
        make: the function, without arguments. Its result must be a value for JSON.

    Returns:
        The result.

    Raises:
        InputError: the function raised it. Every process raises the same error.
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
    processes.wait_for_first()
    answer = json.loads(_bytes_of_first(content))
    if "error" in answer:
        raise InputError(answer["error"])
    return answer["result"]


def _bytes_of_first(content):
    from jax.experimental import multihost_utils  # noqa: PLC0415 (an extra; several processes have it)

    # The arrays of all processes must have the same shape.
    size = int(multihost_utils.broadcast_one_to_all(np.array(len(content), np.int32)))
    padded = np.zeros(size, np.uint8)
    padded[: len(content)] = np.frombuffer(content, np.uint8)
    return np.asarray(multihost_utils.broadcast_one_to_all(padded)).astype(np.uint8).tobytes()
