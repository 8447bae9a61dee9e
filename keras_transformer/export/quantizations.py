from keras_transformer.errors import InputError

QUANTIZATIONS = ("float16", "int8")


def check_quantize(quantize):
    """Raises an InputError unless `quantize` is None (float32) or one of `QUANTIZATIONS`."""
    if quantize not in (None, *QUANTIZATIONS):
        raise InputError(f"`quantize` must be None or one of {', '.join(QUANTIZATIONS)}. Received: {quantize!r}.")


def checked_quantizations(model):
    """Returns the `Quantization` of quantised layers by name. Raises an InputError if it cannot be exported."""
    from keras_transformer.models.quantized_layers import quantizations_of  # noqa: PLC0415 (imports Keras)

    try:
        return quantizations_of(model)
    except ValueError as error:
        raise InputError(str(error)) from None
