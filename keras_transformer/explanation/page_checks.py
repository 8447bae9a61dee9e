from keras_transformer.errors import InputError


def check_config(config):
    """Raises an InputError if a page does not support the model of a `TransformerConfig`."""
    if (config.source_prefix, config.target_prefix) != (None, None):
        raise InputError("The page does not support models of several directions, nor M2M100 and NLLB.")


def check_length(text, length, max_length):
    """Raises an InputError if a sentence has no tokens, or more than the model reads.

    Args:
        text: the sentence.
        length: number of its tokens, without the end token.
        max_length: maximum length of the model, with the end token.
    """
    if not length:
        raise InputError(f"Expected a sentence with at least one word. Received: {text!r}.")
    if length > max_length - 1:
        raise InputError(
            f"Expected a sentence of at most {max_length - 1} tokens, which the model reads. Received: {length}. "
            "Shorten the sentence."
        )
