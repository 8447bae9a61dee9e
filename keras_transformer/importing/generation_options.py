"""Reads which tokens Transformers never generates, and refuses constraints that would change translations."""

from keras_transformer.errors import InputError, short_repr
from keras_transformer.files.small_files import read_json

GENERATION_CONFIG = "generation_config.json"


def suppressed_tokens(folder, end_id, has_direction=False):
    """Reads the ids of tokens that are never generated: `suppress_tokens`, and `bad_words_ids` of one token.

    Args:
        folder: the folder, a `pathlib.Path`. Without `generation_config.json`, these keys are those of `config.json`.
        end_id: the id of the end token. Transformers ignores it in `bad_words_ids`.
        has_direction: whether the model has a token for each language, which `forced_bos_token_id` can name. Default
            False.

    Returns:
        A `frozenset` of ids.

    Raises:
        InputError: the file is damaged, has `bad_words_ids` of several tokens, or has `forced_bos_token_id` for a model
            of one direction.
    """
    path = folder / GENERATION_CONFIG
    path = path if path.is_file() else folder / "config.json"
    content = read_json(path)
    words, suppressed = content.get("bad_words_ids") or [], content.get("suppress_tokens") or []
    if not isinstance(words, list) or not all(map(_are_ids, words)):
        raise InputError(f"{path}: `bad_words_ids` must be lists of token ids. Received: {short_repr(words)}.")
    if not _are_ids(suppressed) or end_id in suppressed:
        raise InputError(
            f"{path}: `suppress_tokens` must be a list of token ids without the end token {end_id}. Received: "
            f"{short_repr(suppressed)}."
        )
    for word in words:
        if len(word) != 1:
            raise InputError(f"{path}: `bad_words_ids` must be of one token each. Received: {word[:10]}.")
    if content.get("forced_bos_token_id") is not None and not has_direction:
        raise InputError(
            f"{path}: `forced_bos_token_id` is not supported. Received: {short_repr(content['forced_bos_token_id'])}."
        )
    return frozenset(suppressed).union(word[0] for word in words) - {end_id}


def _are_ids(numbers):
    return isinstance(numbers, list) and all(type(number) is int for number in numbers)
