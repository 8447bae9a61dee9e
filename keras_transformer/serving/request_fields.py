"""Reads the fields of LibreTranslate requests from JSON, forms and query parameters."""

import re
import urllib.parse

from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException, MultiPartParser

from keras_transformer.serving.json_document import parsed_json
from keras_transformer.serving.request_error import RequestError

_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
_MOST_FIELDS = 1000
_OTHER_CHARSET = re.compile(r";\s*charset=(?![\"']?utf-?8\b)", re.IGNORECASE)


async def request_fields(exchange):
    """Returns the fields of a request as a dictionary.

    A field that a form or a query has several times is a list. JSON replaces query parameters, as in LibreTranslate.

    Args:
        exchange: the `Exchange`.

    Raises:
        RequestError: the body is neither an object in JSON nor a form in UTF-8.
    """
    body = await exchange.body()
    media_type = exchange.media_type
    if media_type == "application/json" or media_type.endswith("+json"):
        _check_utf8(body)
        fields = parsed_json(body)
        if not isinstance(fields, dict):
            raise RequestError(400, "Invalid JSON format")
        return fields
    pairs = _pairs(exchange.scope["query_string"])
    if media_type == _MULTIPART:
        pairs += await _multipart(exchange, body)
    elif media_type == _FORM or (not media_type and body):
        pairs += _pairs(body)
    fields = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


def _check_utf8(body):
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        raise RequestError(400, "The request must be in UTF-8.") from None


def _pairs(text):
    try:
        return urllib.parse.parse_qsl(
            text.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except UnicodeDecodeError:
        raise RequestError(400, "The request must be in UTF-8.") from None
    except ValueError:
        raise RequestError(400, f"The request must have at most {_MOST_FIELDS} fields.") from None


async def _multipart(exchange, body):
    if not _OTHER_CHARSET.search(exchange.headers["content-type"]):
        _check_utf8(body)  # Starlette would read it as Latin-1.

    async def stream():
        yield body
        yield b""

    headers = Headers(raw=exchange.scope["headers"])
    try:
        form = await MultiPartParser(headers, stream(), max_files=0, max_fields=_MOST_FIELDS).parse()
    except (MultiPartException, LookupError, ValueError) as error:
        raise RequestError(400, f"The form cannot be read: {getattr(error, 'message', type(error).__name__)}") from None
    return list(form.multi_items())
