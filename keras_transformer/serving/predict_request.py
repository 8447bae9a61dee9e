"""Reads the JSON of predict requests as TensorFlow Serving's `util/json_tensor.cc` does."""

import base64
import re
from typing import NamedTuple

from keras_transformer.serving.json_document import parsed_json, value_text
from keras_transformer.serving.request_error import RequestError
from keras_transformer.serving.signature_defs import DEFAULT_SIGNATURE

_TYPES = {type(None): "Null", dict: "Object", list: "Array", str: "String", int: "Number", float: "Number"}
_DEEPEST = 100
_SPACE = re.compile(r"[ \t-\r]+")


class PredictRequest(NamedTuple):
    """The texts of a predict request.

    Args:
        texts: a list of bytes.
        is_row: whether the request is in row format, which the response must have as well.
    """

    texts: list
    is_row: bool


def parsed_document(body):
    """Returns the object of a request.

    Raises:
        RequestError: the body is not JSON, or not an object.
    """
    document = parsed_json(body)
    if not isinstance(document, dict):
        raise _invalid(f"JSON Value: {value_text(document)} Is not object")
    return document


def signature_name(document):
    """Returns the name of the signature of a request."""
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise _invalid(
            f"JSON Value: {value_text(document)} not formatted correctly. 'signature_name' key must be a string value."
        )
    return name or DEFAULT_SIGNATURE


def predict_request(document, name="text"):
    """Returns the `PredictRequest` of an object with `instances` or `inputs`.

    Args:
        document: the object.
        name: the only input of the signature, a vector of strings.

    Raises:
        RequestError: the object has another form.
    """
    if "instances" in document and "inputs" in document:
        raise _invalid(
            f"JSON Value: {value_text(document)} Not formatted correctly expecting only one of 'inputs' or "
            "'instances' keys to exist "
        )
    if "instances" in document:
        return PredictRequest(_instances(document, name), is_row=True)
    if "inputs" in document:
        return PredictRequest(_inputs(document["inputs"], name), is_row=False)
    raise _invalid("Missing 'inputs' or 'instances' key")


def check_examples(document):
    """Raises a RequestError, because no signature accepts the requests `classify` and `regress`.

    Args:
        document: the object of the request.
    """
    if "examples" not in document:
        raise _invalid(
            f"JSON Value: {value_text(document)} When method is classify, key 'examples' is expected and was not found"
        )
    examples = document["examples"]
    if not isinstance(examples, list):
        raise _invalid(f"JSON Value: {value_text(document)} Expecting 'examples' value to be an list/array")
    if not examples:
        raise _invalid(f"JSON Value: {value_text(document)} 'examples' value is an empty array")


def _instances(document, name):
    instances = document["instances"]
    if not isinstance(instances, list):
        raise _invalid(f"JSON Value: {value_text(document)} Excepting 'instances' to be an list/array")
    if not instances:
        raise _invalid(f"JSON Value: {value_text(document)} No values in 'instances' array")
    are_objects = _is_object(instances[0])
    shape, texts = None, []
    for number, element in enumerate(instances):
        where = f"Failed to process element: {number}"
        if are_objects != _is_object(element):
            expected = "object but got list" if are_objects else "value/list but got object"
            raise _invalid(f"Expecting {expected} at item {number} of input list")
        if are_objects:
            for key, value in element.items():
                if key != name:
                    raise _in_list(f"{where} key: {key}", f"JSON object: does not have named input: {key}")
                found = _filled(value, f"{where} key: {key}")
            if name not in element:
                raise _invalid(
                    f"{where} of 'instances' list. JSON object: {value_text(element)} keys must be equal to: {name}"
                )
        else:
            found = _filled(element, where)
        if shape is not None and found[0] != shape:
            raise _in_list(where + f" key: {name}" * are_objects, _other_shape(shape, found[0]))
        shape = found[0]
        texts += found[1]
    _check_rank(1 + len(shape))
    return texts


def _inputs(value, name):
    if _is_object(value):
        if name not in value:
            raise _invalid(f"Missing named input: {name} in 'inputs' object.")
        value = value[name]
    shape, texts = _tensor(value)
    _check_rank(len(shape))
    return texts


def _filled(value, where):
    try:
        return _tensor(value)
    except RequestError as error:
        raise _in_list(where, error.message) from None


def _in_list(where, message):
    return _invalid(f"{where} of 'instances' list. Error: INVALID_ARGUMENT: {message}")


def _tensor(value):
    """Returns the shape of nested lists, and their strings as bytes."""
    shape, part = [], value
    while isinstance(part, list):
        shape.append(len(part))
        part = part[0] if part else None
        if len(shape) > _DEEPEST:
            raise _invalid(f"Encountered list at unexpected level: {len(shape)} expected < {_DEEPEST}")
    texts = []
    _fill(value, 0, shape, texts)
    return shape, texts


def _fill(value, level, shape, texts):
    if isinstance(value, list):
        if level >= len(shape):
            raise _invalid(f"Encountered list at unexpected level: {level} expected < {len(shape)}")
        if len(value) != shape[level]:
            raise _invalid(
                f"Encountered list at unexpected size: {len(value)} at level: {level} expected size: {shape[level]}"
            )
        for part in value:
            _fill(part, level + 1, shape, texts)
        return
    if level != len(shape):
        raise _invalid(
            f"JSON Value: {value_text(value)} found at incorrect level: {level + 1} in the JSON DOM. "
            f"Expected at level: {len(shape)}"
        )
    texts.append(_bytes(value))


def _bytes(value):
    if isinstance(value, str):
        return value.encode("utf-8", errors="surrogateescape")
    if isinstance(value, dict):
        if set(value) != {"b64"} or not isinstance(value["b64"], str):
            raise _invalid(f"JSON Value: {value_text(value)} not formatted correctly for base64 data")
        return _decoded(value["b64"])
    kind = str(value) if isinstance(value, bool) else _TYPES[type(value)]
    raise _invalid(f"JSON Value: {value_text(value)} Type: {kind} is not of expected type: string")


def _decoded(text):
    """Decodes base64 as absl::Base64Unescape: white space, "." as padding and no padding are allowed."""
    text = _SPACE.sub("", text)
    data = text.rstrip("=.")
    missing = -len(data) % 4
    if len(text) - len(data) not in (0, missing):
        raise _invalid("Unable to base64 decode")
    try:
        return base64.b64decode(data + "=" * missing, validate=True)
    except ValueError:
        raise _invalid("Unable to base64 decode") from None


def _is_object(value):
    return isinstance(value, dict) and not (set(value) == {"b64"} and isinstance(value["b64"], str))


def _other_shape(shape, other):
    sizes = [_size(shape), _size(other)]
    if sizes[0] != sizes[1]:
        return f"Expecting tensor size: {sizes[0]} but got: {sizes[1]}"
    texts = ["[" + ",".join(map(str, each)) + "]" for each in (shape, other)]
    return f"Expecting shape {texts[0]} but got: {texts[1]}"


def _size(shape):
    size = 1
    for length in shape:
        size *= length
    return size


def _check_rank(rank):
    if rank != 1:
        raise _invalid(
            f"assertion failed: [`text` must have the shape (batch,): a list of strings. Received the rank] [{rank}]"
        )


def _invalid(message):
    return RequestError(400, message)
