import json

from starlette.responses import Response


def json_response(content, status=200, headers=None):
    """Returns a response with JSON in UTF-8. As in TensorFlow Serving, it can have the numbers NaN and Infinity.

    Args:
        content: a value for JSON.
        status: the HTTP status. Default 200.
        headers: a dictionary. Default None.
    """
    text = json.dumps(content, ensure_ascii=False)
    return Response(text.encode("utf-8", errors="replace"), status, headers, "application/json")


def error_response(error):
    """Returns the response of a `RequestError`."""
    return json_response({"error": error.message}, error.status, error.headers)
