import json
import math


def json_text(content, indent=None, ensure_ascii=True):
    """JSON that every reader takes: a number that is not finite, for which JSON has no word, becomes null.

    Args:
        content: what JSON can hold.
        indent: that of `json.dumps`. Default None.
        ensure_ascii: that of `json.dumps`. Default True, so that no character can do anything to a terminal.

    Example:

    >>> json_text({"loss": math.nan})
    '{"loss": null}'
    """
    return json.dumps(_without_non_finite(content), indent=indent, ensure_ascii=ensure_ascii, allow_nan=False)


def _without_non_finite(content):
    if isinstance(content, dict):
        return {key: _without_non_finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_without_non_finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content
