import json
import sys
from typing import NamedTuple

from keras_transformer.errors import ExportError, short_repr


class Run(NamedTuple):
    """The results of all texts, in the order of the texts.

    Args:
        translations: strings.
        tokens: lists of written tokens, including the end token and without padding, or None if the artifact does not
            return them. The list of a blank text is empty.
        scores: finite floats, or None if the artifact does not return them. The score of a blank text is 0.
        milliseconds: time of each text as a batch of one, including tokenizing and detokenizing.
    """

    translations: list
    tokens: list | None
    scores: list | None
    milliseconds: list


def read_run(path, program, num_texts):
    """Reads and checks the result of a program that ran an artifact.

    Args:
        path: the JSON file of the result, with the fields of `Run`.
        program: name of the program, for errors.
        num_texts: number of texts in the request.

    Returns:
        `Run`.

    Raises:
        ExportError: the program has written no result, or a field is missing, unknown or of another form. The message
            has the program, the field, the expected and the received value.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ExportError(
            f"{program}: expected a result in the file of the third argument. Received: no file."
        ) from None
    except (ValueError, RecursionError) as error:
        raise ExportError(f"{program}: expected a result in JSON. Received: {error}.") from None
    if not isinstance(found, dict):
        raise ExportError(f"{program}: expected a JSON object as the result. Received: {short_repr(found)}.")
    missing = [name for name in Run._fields if name not in found]
    unknown = [name for name in found if name not in Run._fields]
    if missing or unknown:
        received = [f"no {_quoted(missing)}"] * bool(missing) + [f"the unknown {_quoted(unknown)}"] * bool(unknown)
        raise ExportError(
            f"{program}: expected the fields {_quoted(Run._fields)} in the result. Received: {' and '.join(received)}."
        )
    for name, values in found.items():
        _check(program, name, values, num_texts)
    return Run(**found)


def _check(program, name, values, num_texts):
    """Raises an ExportError if a field is not a list with one valid value for each text."""
    kind, is_valid, is_optional = _FIELDS[name]
    if values is None and is_optional:
        return
    expected = f"{program}: expected `{name}` to be {'null or ' * is_optional}a list of {num_texts} values"
    if not isinstance(values, list):
        raise ExportError(f"{expected}, one for each text. Received: {short_repr(values)}.")
    if len(values) != num_texts:
        raise ExportError(f"{expected}, one for each text. Received: {len(values)} values.")
    for index, value in enumerate(values):
        if not is_valid(value):
            raise ExportError(f"{program}: expected `{name}[{index}]` to be {kind}. Received: {short_repr(value)}.")


def _is_text(value):
    return isinstance(value, str)


def _is_list_of_texts(value):
    return isinstance(value, list) and all(map(_is_text, value))


def _is_finite(value):
    # `math.isfinite` raises an error for integers beyond the range of floats.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


# The form of one value, its check, and whether the field can be None.
_FIELDS = {
    "translations": ("a string", _is_text, False),
    "tokens": ("a list of strings", _is_list_of_texts, True),
    "scores": ("a finite number", _is_finite, True),
    "milliseconds": ("a finite number", _is_finite, False),
}


def _quoted(names):
    return ", ".join(f"`{name}`" for name in names)
