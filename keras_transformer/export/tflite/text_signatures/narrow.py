import numpy as np


def narrow(values):
    """Returns an array of integers in the smallest type for `graph_parts.look_up`: int8, int16, uint16 or int32."""
    values = np.asarray(values)
    for dtype in ("int8", "int16", "uint16"):
        limits = np.iinfo(dtype)
        if limits.min <= values.min(initial=0) and values.max(initial=0) <= limits.max:
            return values.astype(dtype)
    return values.astype("int32")
