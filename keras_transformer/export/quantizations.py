from keras_transformer.errors import InputError

QUANTIZATIONS = ("float16", "int8")


def check_quantize(quantize):
    """Raises an InputError unless it is None, for float32, or one of `QUANTIZATIONS`."""
    if quantize not in (None, *QUANTIZATIONS):
        raise InputError(f"`quantize` must be None or one of {', '.join(QUANTIZATIONS)}. Received: {quantize!r}.")
