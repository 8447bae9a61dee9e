import json
import tracemalloc

import pytest

from keras_transformer.serving.json_document import parsed_json
from keras_transformer.serving.predict_request import parsed_document, predict_request
from keras_transformer.serving.request_error import RequestError
from keras_transformer.serving.version_policy import VersionPolicy


def error_of(body):
    with pytest.raises(RequestError) as caught:
        predict_request(parsed_document(body))
    return caught.value.message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"a": 1,}', "Missing a name for object member. at offset: 8"),
        (b"[1, ]", "Invalid value. at offset: 4"),
        (b'{"a": [1 2]}', "Missing a comma or ] after an array element. at offset: 9"),
        ('{"가": "나" 1}'.encode(), "Missing a comma or } after an object member. at offset: 14"),
        (b'{"a": "\n"}', "Invalid encoding in string. at offset: 7"),
        (b"\xef\xbb\xbf" + b'{"a": nul}', "Invalid value. at offset: 9"),
        (b'["\xff\xea\xb0\x80", ]', "Invalid value. at offset: 9"),
        (b'{"a": "\xff', "Missing a closing quotation mark in string. at offset: 8"),
        (b'{"a": nul}', "Invalid value. at offset: 6"),
        (b"\xef\xbb\xbf ", "The document is empty. at offset: 4"),
        (b"[" * 100_000, "The document is nested too deeply. at offset: 0"),
        (b'{"a": ' + b"1" * 5000 + b"}", "Number too big to be stored in double. at offset: 0"),
        (rb'{"a": ["\udc00"]}', "The surrogate pair in string is invalid. at offset: 0"),
        (rb'{"a": "\udc80"}', "The surrogate pair in string is invalid. at offset: 0"),
        (rb'{"a": "\\\uDCFF"}', "The surrogate pair in string is invalid. at offset: 0"),
        (rb'["\ud83d\ud83d\ude42"]', "The surrogate pair in string is invalid. at offset: 0"),
        (b"[" * 900 + rb'"\ud83d"' + b"]" * 900, "The surrogate pair in string is invalid. at offset: 0"),
    ],
)
def test_errors_of_json_are_those_of_rapidjson(body, message):
    with pytest.raises(RequestError) as caught:
        parsed_json(body)
    assert caught.value.message == f"JSON Parse error: {message}"


def test_pairs_of_surrogates_and_escaped_backslashes_are_text():
    assert parsed_json(rb'["\ud83d\ude42", "\\ud83d"]') == ["🙂", "\\ud83d"]


def test_an_error_quotes_the_request_as_rapidjson_does():
    quoted = '{\n    "instances": "a",\n    "b": [\n        1\n    ]\n}'
    expected = f"JSON Value: {quoted} Excepting 'instances' to be an list/array"
    assert error_of(b'{"instances": "a", "b": [1]}') == expected


def test_an_error_does_not_quote_all_of_a_large_request():
    assert len(error_of(b'{"instances": "' + b"a" * 100_000 + b'"}')) < 2000


def test_an_error_of_a_nested_request_needs_little_memory():
    body = b"[" * 900 + b"1," * 590_000 + b"1" + b"]" * 900
    tracemalloc.start()
    try:
        with pytest.raises(RequestError, match="Is not object"):
            parsed_document(body)
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()


def test_lists_that_are_nested_deeply_are_an_error():
    assert "Encountered list at unexpected level" in error_of(b'{"inputs": ' + b"[" * 500 + b'"a"' + b"]" * 500 + b"}")


def test_policies_choose_versions():
    numbers = [1, 2, 10]
    assert VersionPolicy().chosen(numbers) == [10]
    assert VersionPolicy(latest=2).chosen(numbers) == [10, 2]
    assert VersionPolicy(is_all=True).chosen(numbers) == [10, 2, 1]
    assert VersionPolicy(specific=(1, 3)).chosen(numbers) == [1]


def test_base64_without_padding_and_with_spaces_is_decoded():
    texts = ["YWJj", "YWI", "YWI.", "Y W\nI =", "YQ", "YQ=.", ""]
    request = predict_request(parsed_document(json.dumps({"instances": [{"b64": text} for text in texts]}).encode()))
    assert request.texts == [b"abc", b"ab", b"ab", b"ab", b"a", b"a", b""]
