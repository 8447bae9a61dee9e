"""Requests to TensorFlow Serving's REST interface, right and wrong, with status and body.

Each entry names the place in TensorFlow Serving's sources (folder tensorflow_serving) that it comes from: the file, and
a part of the line. The tests of `keras-transformer serve` run the table, and those of the real server where one is
installed. In addresses, requests and bodies, `MODEL` is the name of the model. Version 1 is served. No label is set.
"""

import dataclasses
import gzip
import json
from typing import Any

HANDLER = "model_servers/http_rest_api_handler.cc"
UTIL = "model_servers/http_rest_api_util.cc"
STATUS = "model_servers/get_model_status_impl.cc"
CORE = "model_servers/server_core.cc"
JSON = "util/json_tensor.cc"
MANAGER = "core/basic_manager.cc"
CLASSIFIER = "servables/tensorflow/classifier.cc"
REGRESSOR = "servables/tensorflow/regressor.cc"
RAPIDJSON = "rapidjson/error/en.h"
STREAM = "rapidjson/encodedstream.h"
METADATA = "servables/tensorflow/get_model_metadata_impl.cc"
GZIP = "util/net_http/server/internal/evhttp_request.cc"


@dataclasses.dataclass(frozen=True)
class Case:
    """A request and its response.

    Args:
        name: name of the test.
        path: the path.
        request: the body: bytes, or a value for JSON. None for GET.
        status: the HTTP status.
        found: of an error, a part of the message; otherwise a function that checks the value of the body.
        source: the file and a part of the line.
        encoding: the header Content-Encoding. Default None.
    """

    name: str
    path: str
    request: Any
    status: int
    found: Any
    source: tuple
    encoding: str | None = None

    def __str__(self):
        return self.name

    def body(self, model):
        if self.request is None or isinstance(self.request, bytes):
            return self.request
        return json.dumps(self.request).replace("MODEL", model).encode()

    @property
    def headers(self):
        return {} if self.encoding is None else {"Content-Encoding": self.encoding}


PREDICT = "/v1/models/MODEL:predict"
ONE, TWO = "나는 어제 카페에 갔다.", "내일 🙂 مرحبا"
ROW = {"translation", "score"}


def rows(count, names=ROW):
    """Checks that a body has `count` rows with these outputs."""
    return lambda body: set(body) == {"predictions"} and [set(row) for row in body["predictions"]] == [names] * count


def columns(count, names=ROW):
    """Checks that a body has these outputs, each with `count` values."""
    return lambda body: (
        set(body) == {"outputs"}
        and set(body["outputs"]) == names
        and all(len(column) == count for column in body["outputs"].values())
    )


def base64(*texts):
    return {"instances": [{"b64": text} for text in texts]}


def is_status(body):
    states = body["model_version_status"]
    expected = {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    return set(body) == {"model_version_status"} and expected in states


def is_metadata(body):
    signatures = body["metadata"]["signature_def"]["signature_def"]
    default = signatures["serving_default"]
    return (
        body["model_spec"]["version"] == "1"
        and {"serving_default", "n_best", "attention"} <= set(signatures)
        and default["inputs"]["text"]["dtype"] == "DT_STRING"
        and default["inputs"]["text"]["tensor_shape"] == {"dim": [{"size": "-1", "name": ""}], "unknown_rank": False}
        and {name: info["dtype"] for name, info in default["outputs"].items()}
        == {"translation": "DT_STRING", "score": "DT_FLOAT"}
        and default["method_name"] == "tensorflow/serving/predict"
    )


N_BEST, ATTENTION = {"translations", "scores"}, {"translation", "source_tokens", "target_tokens", "attention"}
ZIPPED = gzip.compress(json.dumps({"instances": [ONE]}).encode(), mtime=0)
WRONG_TYPE = "Type: {} is not of expected type: string"
RIGHT = [
    Case("rows", PREDICT, {"instances": [ONE, TWO]}, 200, rows(2), (JSON, "MakeRowFormatJsonFromTensors")),
    Case("objects", PREDICT, {"instances": [{"text": ONE}]}, 200, rows(1), (JSON, "elements_are_objects")),
    Case("columns", PREDICT, {"inputs": {"text": [ONE, ""]}}, 200, columns(2), (JSON, "MakeColumnarFormatJson")),
    Case("plain_columns", PREDICT, {"inputs": [ONE]}, 200, columns(1), (JSON, "a list or base64 object")),
    Case("blank", PREDICT, {"instances": [""]}, 200, rows(1), (JSON, "case DT_STRING:")),
    Case("unknown_input", PREDICT, {"inputs": {"text": [ONE], "b": 1}}, 200, columns(1), (JSON, "val.FindMember(name")),
    Case("unknown_key", PREDICT, {"instances": [ONE], "b": 1}, 200, rows(1), (JSON, "doc.FindMember(kPredictRequest")),
    Case("base64", PREDICT, {"instances": [{"b64": "YQ=="}]}, 200, rows(1), (JSON, "IsValBase64Object")),
    Case("base64_in_object", PREDICT, {"instances": [{"text": {"b64": "YQ=="}}]}, 200, rows(1), (JSON, "DecodeBase64")),
    Case("base64_without_padding", PREDICT, base64("YQ", "YWI", "YWJj", ""), 200, rows(4), (JSON, "Base64Unescape")),
    Case("base64_in_lines", PREDICT, base64("YWJj\r\nYQ==\n", " Y Q\t=\v=\f"), 200, rows(2), (JSON, "Base64Unescape")),
    Case("base64_with_dots", PREDICT, base64("YQ..", "YWI.", "YQ.="), 200, rows(3), (JSON, "Base64Unescape")),
    Case("first_of_two_keys", PREDICT, b'{"instances": ["a"], "instances": 1}', 200, rows(1), (JSON, "doc.FindMember")),
    Case(
        "default_signature",
        PREDICT,
        {"signature_name": "", "instances": [ONE]},
        200,
        rows(1),
        (HANDLER, "signature_name.empty() ? kDefaultServingSignatureDefKey"),
    ),
    Case(
        "n_best_rows",
        PREDICT,
        {"signature_name": "n_best", "instances": [ONE]},
        200,
        rows(1, N_BEST),
        (JSON, "MakeRowFormatJsonFromTensors"),
    ),
    Case(
        "attention_columns",
        PREDICT,
        {"signature_name": "attention", "inputs": {"text": [ONE, TWO]}},
        200,
        columns(2, ATTENTION),
        (JSON, "MakeColumnarFormatJsonFromTensors"),
    ),
    Case(
        "version",
        "/v1/models/MODEL/versions/1:predict",
        {"instances": [ONE]},
        200,
        rows(1),
        (UTIL, r"(?:/versions/(\d+))"),
    ),
    Case("capital_letters", "/V1/Models/MODEL:Predict", {"instances": [ONE]}, 200, rows(1), (UTIL, "(?i)/v1/models")),
    Case("gzip", PREDICT, ZIPPED, 200, rows(1), (GZIP, "NeedUncompressGzipContent"), "gzip"),
    Case("identity", PREDICT, {"instances": [ONE]}, 200, rows(1), (GZIP, "NeedUncompressGzipContent"), "identity"),
    Case("bom", PREDICT, b"\xef\xbb\xbf" + b'{"instances": ["a"]}', 200, rows(1), (STREAM, "== 0xEFu")),
    Case("status", "/v1/models/MODEL", None, 200, is_status, (STATUS, "AddModelVersionStatusToResponse")),
    Case("status_of_version", "/v1/models/MODEL/versions/1", None, 200, is_status, (STATUS, "monitor.GetState(id)")),
    Case("status_of_label", "/v1/models/MODEL/labels/a", None, 200, is_status, (STATUS, "model_spec.has_version()")),
    Case("metadata", "/v1/models/MODEL/metadata", None, 200, is_metadata, (UTIL, "signature_def_output")),
    Case("metadata_of_version", "/v1/models/MODEL/versions/1/metadata", None, 200, is_metadata, (METADATA, "PackFrom")),
]
WRONG = [
    Case("empty", PREDICT, b"", 400, "JSON Parse error: The document is empty", (JSON, "The document is empty")),
    Case("blank_body", PREDICT, b" \n", 400, "JSON Parse error: The document is empty", (RAPIDJSON, "is empty.")),
    # The real server reads these bodies as empty.
    Case("no_gzip", PREDICT, {"instances": [ONE]}, 400, "", (GZIP, "Failed to uncompress the gzipped body"), "gzip"),
    Case("cut_gzip", PREDICT, ZIPPED[:-9], 400, "", (GZIP, "Failed to uncompress the gzipped body"), "gzip"),
    Case("two_gzip_files", PREDICT, ZIPPED * 2, 400, "", (GZIP, "Failed to uncompress the gzipped body"), "gzip"),
    Case("bom_alone", PREDICT, b"\xef\xbb\xbf", 400, "The document is empty.", (STREAM, "== 0xEFu")),
    Case("no_json", PREDICT, b"instances = [1]", 400, "JSON Parse error: Invalid value.", (JSON, "JSON Parse error: ")),
    Case(
        "cut",
        PREDICT,
        b'{"instances": ["a"',
        400,
        "Missing a comma or ] after an array element.",
        (RAPIDJSON, "ArrayMiss"),
    ),
    Case("no_colon", PREDICT, b'{"instances" 1}', 400, "Missing a colon after a name", (RAPIDJSON, "ObjectMissColon")),
    Case("no_comma", PREDICT, b'{"a": 1 "b": 2}', 400, "Missing a comma or } after", (RAPIDJSON, "ObjectMissComma")),
    Case(
        "no_quote", PREDICT, b'{"instances": ["a', 400, "Missing a closing quotation mark", (RAPIDJSON, "MissQuotation")
    ),
    Case("no_name", PREDICT, b"{1: 2}", 400, "Missing a name for object member.", (RAPIDJSON, "ObjectMissName")),
    Case("two_values", PREDICT, b"{} {}", 400, "must not be followed by other values", (RAPIDJSON, "RootNotSingular")),
    Case(
        "escape", PREDICT, rb'{"instances": ["\x"]}', 400, "Invalid escape character in string.", (RAPIDJSON, "Escape")
    ),
    Case("hexadecimal", PREDICT, rb'{"instances": ["\u12g4"]}', 400, "Incorrect hex digit after", (RAPIDJSON, "Hex")),
    Case(
        "surrogate",
        PREDICT,
        rb'{"instances": ["\ud83d"]}',
        400,
        "The surrogate pair in string is invalid.",
        (RAPIDJSON, ""),
    ),
    Case("array", PREDICT, [1], 400, "Is not object", (JSON, 'FormatError(*doc, "Is not object")')),
    Case("no_texts", PREDICT, {}, 400, "Missing 'inputs' or 'instances' key", (JSON, "Missing 'inputs' or")),
    Case(
        "both", PREDICT, {"instances": ["a"], "inputs": ["a"]}, 400, "expecting only one of", (JSON, "expecting only")
    ),
    Case(
        "no_list", PREDICT, {"instances": "a"}, 400, "Excepting 'instances' to be an list/array", (JSON, "Excepting '")
    ),
    Case("no_rows", PREDICT, {"instances": []}, 400, "No values in 'instances' array", (JSON, "No values in '")),
    Case("number", PREDICT, {"instances": [1]}, 400, WRONG_TYPE.format("Number"), (JSON, "is not of expected type: ")),
    Case("null", PREDICT, {"instances": [None]}, 400, WRONG_TYPE.format("Null"), (JSON, 'return "Null";')),
    Case("true", PREDICT, {"inputs": {"text": [True]}}, 400, WRONG_TYPE.format("True"), (JSON, 'return "True";')),
    Case(
        "number_in_object",
        PREDICT,
        {"instances": [{"text": "a"}, {"text": 2}]},
        400,
        "process element: 1 key: text of 'instances' list. Error: INVALID_ARGUMENT: JSON Value: 2 Type: Number",
        (JSON, "\" of 'instances' list. Error: \", status.ToString()"),
    ),
    Case(
        "other_input",
        PREDICT,
        {"instances": [{"texts": "a"}]},
        400,
        "JSON object: does not have named input: texts",
        (JSON, "JSON object: does not have named input: "),
    ),
    Case(
        "no_input", PREDICT, {"instances": [{}]}, 400, "of 'instances' list. JSON object: {}", (JSON, "JSON object: ")
    ),
    Case(
        "no_column",
        PREDICT,
        {"inputs": {}},
        400,
        "Missing named input: text in 'inputs'",
        (JSON, "Missing named input"),
    ),
    Case(
        "object_then_text",
        PREDICT,
        {"instances": [{"text": "a"}, "b"]},
        400,
        "Expecting object but got",
        (JSON, "item"),
    ),
    Case(
        "text_then_object", PREDICT, {"instances": ["a", {"text": "b"}]}, 400, "got object at item 1", (JSON, "item ")
    ),
    *(
        Case(f"base64_error_{number}", PREDICT, base64(text), 400, "Unable to base64 decode", (JSON, "Base64Unescape"))
        for number, text in enumerate(("a", "YWJjY===", "YQ=", "YWJj=", "YQ==YQ==", "Y-==", "Y\u00a0Q==", "é\0=="))
    ),
    Case(
        "no_base64",
        PREDICT,
        {"inputs": {"text": [{"b64": 1}]}},
        400,
        "not formatted correctly for base64 data",
        (JSON, "Base64FormatError"),
    ),
    Case(
        "shapes",
        PREDICT,
        {"instances": ["a", ["b"]]},
        400,
        "Expecting shape [] but got: [1]",
        (JSON, "Expecting shape"),
    ),
    Case(
        "sizes",
        PREDICT,
        {"instances": [["a"], ["b", "c"]]},
        400,
        "Expecting tensor size: 1 but got: 2",
        (JSON, "Expecting tensor size: "),
    ),
    Case(
        "uneven",
        PREDICT,
        {"inputs": [["a"], ["b", "c"]]},
        400,
        "Encountered list at unexpected size: 2 at level: 1 expected size: 1",
        (JSON, "Encountered list at unexpected size: "),
    ),
    Case(
        "too_deep",
        PREDICT,
        {"inputs": ["a", ["b"]]},
        400,
        "unexpected level: 1 expected < 1",
        (JSON, "unexpected level: "),
    ),
    Case(
        "not_deep_enough",
        PREDICT,
        {"inputs": [["a"], "b"]},
        400,
        "found at incorrect level: 2 in the JSON DOM. Expected at level: 2",
        (JSON, "found at incorrect level: "),
    ),
    Case("rank_2", PREDICT, {"inputs": {"text": [["a", "b"]]}}, 400, "", ("the graph of the export", "_checked_rank")),
    Case("rank_0", PREDICT, {"inputs": {"text": "a"}}, 400, "", ("the graph of the export", "_checked_rank")),
    Case(
        "signature_type",
        PREDICT,
        {"signature_name": 100},
        400,
        "'signature_name' key must be a string value.",
        (JSON, "'signature_name' key must be a string value."),
    ),
    Case(
        "signature",
        PREDICT,
        {"signature_name": "other", "instances": ["a"]},
        400,
        'Serving signature name: "other" not found in signature def',
        (HANDLER, "not found in signature def"),
    ),
    Case(
        "model",
        "/v1/models/absent:predict",
        {"instances": ["a"]},
        404,
        "Servable not found for request: Latest(absent)",
        (MANAGER, "Servable not found for request: "),
    ),
    Case(
        "model_and_json",
        "/v1/models/absent:predict",
        b"{",
        400,
        "JSON Parse error",
        (HANDLER, "FillPredictRequestFrom"),
    ),
    Case(
        "missing_version",
        "/v1/models/MODEL/versions/99:predict",
        {"instances": ["a"]},
        404,
        "Servable not found for request: Specific(MODEL, 99)",
        (MANAGER, "Servable not found for request: "),
    ),
    Case(
        "label",
        "/v1/models/MODEL/labels/absent:predict",
        {"instances": ["a"]},
        400,
        "Unrecognized servable version label: absent",
        (CORE, "Unrecognized servable version label: "),
    ),
    Case(
        "version_and_label",
        "/v1/models/MODEL/versions/1/labels/a:predict",
        {"instances": ["a"]},
        400,
        "Malformed request: POST /v1/models/MODEL/versions/1/labels/a:predict",
        (HANDLER, "Malformed request: "),
    ),
    Case("no_method", "/v1/models/MODEL", {}, 400, "Malformed request: POST /v1/models/MODEL", (HANDLER, "Malformed")),
    Case("predict_get", PREDICT, None, 400, "Malformed request: GET", (HANDLER, "Malformed request: ")),
    Case("other_path", "/v1/foo", None, 400, "Malformed request: GET /v1/foo", (HANDLER, "Malformed request: ")),
    Case("no_model", "/v1/models", None, 400, "Missing model name in request.", (HANDLER, "Missing model name in")),
    Case(
        "status_of_other",
        "/v1/models/absent",
        None,
        404,
        "Could not find any versions of model absent",
        (STATUS, "Could not find any versions of model "),
    ),
    Case(
        "status_of_missing_version",
        "/v1/models/MODEL/versions/99",
        None,
        404,
        "Could not find version 99 of model MODEL",
        (STATUS, "Could not find version "),
    ),
    Case(
        "metadata_of_other",
        "/v1/models/absent/metadata",
        None,
        404,
        "Servable not found for request: Latest(absent)",
        (METADATA, "core->GetServableHandle"),
    ),
    Case(
        "classify",
        "/v1/models/MODEL:classify",
        {"examples": [{"x": 1}]},
        400,
        "No classification inputs found in SignatureDef",
        (CLASSIFIER, "No classification inputs found in SignatureDef: "),
    ),
    Case(
        "regress",
        "/v1/models/MODEL:regress",
        {"examples": [{"x": 1}]},
        400,
        "Expected one output Tensor.",
        (REGRESSOR, "Expected one output Tensor."),
    ),
    Case(
        "no_examples",
        "/v1/models/MODEL:classify",
        {"instances": ["a"]},
        400,
        "When method is classify, key 'examples' is expected and was not found",
        (JSON, "When method is classify, key '"),
    ),
]
# The real server sends this status without a body: `TF_RETURN_IF_ERROR(ParseModelInfo(` in HANDLER returns before
# `MakeJsonFromStatus`.
WITHOUT_BODY = Case(
    "version_too_large",
    "/v1/models/MODEL/versions/99999999999999999999:predict",
    {"instances": ["a"]},
    400,
    "Failed to convert version: 99999999999999999999 to numeric.",
    (UTIL, "Failed to convert version: "),
)
# With batching, the real server has not been tried with it.
WITHOUT_TEXTS = Case("no_texts_in_columns", PREDICT, {"inputs": {"text": []}}, 200, columns(0), (JSON, "if (size > 0)"))
CASES = [*RIGHT, *WRONG]


def check(case, status, body, model):
    """Asserts that a response, its body parsed as JSON, is that of a case."""
    assert status == case.status, body
    if case.status == 200:
        assert case.found(body), body
    else:
        assert set(body) == {"error"}
        assert case.found.replace("MODEL", model) in body["error"]
