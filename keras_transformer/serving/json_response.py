import asyncio
import json

from starlette.responses import Response


def json_response(content, status=200, headers=None):
    """Returns a response with JSON in UTF-8. As in TensorFlow Serving, it can have the numbers NaN and Infinity.

    Args:
        content: a value for JSON.
        status: the HTTP status. Default 200.
        headers: a dictionary. Default None.
    """
    return _response(_encoded(content), status, headers)


async def long_json_response(content):
    """Returns the response of `json_response`. Other requests run between the elements of its lists.

    Args:
        content: a dictionary of lists, or of dictionaries of lists.
    """
    parts = []
    await _add_parts(parts, content)
    return _response(b"".join(parts))


def error_response(error):
    """Returns the response of a `RequestError`."""
    return json_response({"error": error.message}, error.status, error.headers)


def _response(body, status=200, headers=None):
    return Response(body, status, headers, "application/json")


def _encoded(value):
    return json.dumps(value, ensure_ascii=False).encode("utf-8", errors="replace")


async def _add_parts(parts, value):
    """Adds JSON of a value to a list of bytes."""
    is_object, separator = isinstance(value, dict), b""
    parts.append(b"{" if is_object else b"[")
    for each in value:
        parts += [separator, _encoded(each)]
        if is_object:
            parts.append(b": ")
            await _add_parts(parts, value[each])
        separator = b", "
        await asyncio.sleep(0)
    parts.append(b"}" if is_object else b"]")
