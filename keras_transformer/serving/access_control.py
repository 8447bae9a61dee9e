import hmac

from keras_transformer.errors import InputError
from keras_transformer.files.small_files import read_small_file
from keras_transformer.serving.request_error import RequestError

_MOST_BYTES = 2**20
_BEARER = "bearer "


def read_tokens(path):
    """Reads the keys of a file, one per line. Blank lines and lines that start with # are ignored.

    Args:
        path: the file.

    Returns:
        A frozenset of strings.

    Raises:
        InputError: the file has no key, or a key is not ASCII without spaces.
    """
    lines = read_small_file(path, _MOST_BYTES).decode("utf-8", errors="replace").splitlines()
    tokens = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not tokens:
        raise InputError(f"{path}: expected at least one key, one per line. The file has none.")
    for number, token in enumerate(tokens, 1):
        if not token.isascii() or not token.isprintable() or " " in token:
            raise InputError(f"{path}: key {number} must be of ASCII characters without spaces.")
    return frozenset(tokens)


def check_bearer(exchange, tokens):
    """Raises a RequestError unless the header `Authorization` has a key, or no key is needed."""
    if not tokens or _is_key(_bearer(exchange), tokens):
        return
    headers = {"WWW-Authenticate": "Bearer"}
    raise RequestError(401, "Send a key of the server: Authorization: Bearer KEY.", headers)


def check_api_key(exchange, fields, tokens):
    """Raises a RequestError unless `api_key` or the header `Authorization` is a key, or no key is needed."""
    if not tokens:
        return
    key = fields.get("api_key") or _bearer(exchange)
    if not key:
        raise RequestError(403, "Please contact the server operator to get an API key")
    if not isinstance(key, str) or not _is_key(key, tokens):
        raise RequestError(403, "Invalid API key")


def _bearer(exchange):
    header = exchange.headers.get("authorization", "")
    return header[len(_BEARER) :].strip() if header.lower().startswith(_BEARER) else ""


def _is_key(key, tokens):
    """Compares in a time that does not depend on the key."""
    return sum(hmac.compare_digest(key.encode(), token.encode()) for token in tokens) > 0
