import json
import math


def json_text(content, indent=None, ensure_ascii=True):
    """Returns standard JSON. Numbers that are not finite become null, because JSON does not support them.

    Args:
        content: a value for JSON.
        indent: see `json.dumps`. Default None.
        ensure_ascii: see `json.dumps`. Default True: no character controls a terminal.

    Example:

    >>> json_text({"loss": float("nan")})
    '{"loss": null}'
    """
    return json.dumps(_without_non_finite(content), indent=indent, ensure_ascii=ensure_ascii, allow_nan=False)


def _without_non_finite(content):
    if isinstance(content, dict):
        return {key: _without_non_finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_without_non_finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content
