import re
import urllib.parse

from google.protobuf import json_format

from keras_transformer.serving.json_response import json_response, long_json_response
from keras_transformer.serving.predict_request import check_examples, parsed_document, predict_request, signature_name
from keras_transformer.serving.request_error import RequestError
from keras_transformer.serving.signature_defs import ATTENTION

# The addresses of TensorFlow Serving, in `model_servers/http_rest_api_util.cc`.
_MODEL = r"/v1/models/(?P<model>[^/:]+)"
_VERSION = r"(?:/versions/(?P<version>\d+)|/labels/(?P<label>[^/:]+))?"
_PREDICTION = re.compile(rf"{_MODEL}{_VERSION}:(?P<method>classify|regress|predict)", re.IGNORECASE | re.ASCII)
_STATUS = re.compile(
    rf"/v1/models(?:/(?P<model>[^/:]+))?{_VERSION}(?:/(?P<metadata>metadata))?", re.IGNORECASE | re.ASCII
)
_LARGEST_VERSION = 2**63 - 1


class TensorFlowRoutes:
    """The REST routes of TensorFlow Serving: predict, status and metadata.

    Args:
        service: the `TranslationService`.
    """

    def __init__(self, service):
        self._service = service

    async def answer(self, exchange):
        """Returns the response of a request to `/v1/…`.

        Raises:
            RequestError: the request is wrong.
        """
        patterns = {"POST": _PREDICTION, "GET": _STATUS}
        match = exchange.method in patterns and patterns[exchange.method].fullmatch(exchange.path)
        body = await exchange.body()
        if not match:
            raise RequestError(400, f"Malformed request: {exchange.method} {exchange.path}")
        model = urllib.parse.unquote(match["model"] or "")
        version, label = match["version"], match["label"] and urllib.parse.unquote(match["label"])
        if version is not None:
            digits = version.lstrip("0") or "0"
            if int(digits[:20]) > _LARGEST_VERSION:
                raise RequestError(400, f"Failed to convert version: {version} to numeric.")
            version = int(digits)
        exchange.facts.model = model if model in self._service.manager.models else None
        if exchange.method == "POST":
            exchange.facts.route = match["method"].lower()
            return await self._predict(exchange, model, version, label, exchange.facts.route, body)
        if not model:
            raise RequestError(400, "Missing model name in request.")
        exchange.facts.route = "metadata" if match["metadata"] else "status"
        return self._metadata(model, version, label) if match["metadata"] else self._status(model, version)

    async def _predict(self, exchange, model, version, label, method, body):
        document = parsed_document(body)
        if method != "predict":
            check_examples(document)
        name = signature_name(document)
        loaded = self._service.manager.acquire(model, version, label)
        try:
            exchange.facts.version = loaded.number
            if name.startswith("__") or name not in loaded.engine.signatures:
                if method != "predict":
                    raise RequestError(400, f"No signature was found with the name: {name}")
                raise RequestError(400, f'Serving signature name: "{name}" not found in signature def')
            signature = loaded.engine.signatures[name]
            if method != "predict":
                raise _no_examples(signature, method)
            request = predict_request(document)
            self._service.check_limits(request.texts, exchange.facts)
            rows = await self._service.translate(loaded, name, request.texts, exchange.facts, exchange.gone())
        finally:
            loaded.release()
        names = sorted(signature.outputs)
        if name != ATTENTION:
            return json_response(predict_response(rows, names, request.is_row))
        trim_attention(rows)
        return await long_json_response(predict_response(rows, names, request.is_row))

    def _status(self, model, version):
        served = self._service.manager.models.get(model)
        versions = [] if served is None else served.versions
        if version is not None:
            versions = [each for each in versions if each.number == version]
            if not versions:
                raise RequestError(404, f"Could not find version {version} of model {model}")
        if not versions:
            raise RequestError(404, f"Could not find any versions of model {model}")
        return json_response({"model_version_status": [_version_status(each) for each in versions]})

    def _metadata(self, model, version, label):
        loaded = self._service.manager.acquire(model, version, label)
        try:
            options = {"preserving_proto_field_name": True, "always_print_fields_with_no_presence": True}
            signatures = json_format.MessageToDict(loaded.engine.signature_map, **options)
        finally:
            loaded.release()
        spec = {"name": model, "signature_name": "", "version": str(loaded.number)}
        return json_response({"model_spec": spec, "metadata": {"signature_def": signatures}})


def predict_response(rows, names, is_row):
    """Returns the content of the response of a predict request.

    Args:
        rows: a dictionary of outputs for each text.
        names: the names of the outputs. The values of an only output are not in an object.
        is_row: whether the response is in row format.
    """
    if is_row:
        return {"predictions": rows if len(names) > 1 else [row[names[0]] for row in rows]}
    columns = {name: [row[name] for row in rows] for name in names}
    return {"outputs": columns if len(names) > 1 else columns[names[0]]}


def trim_attention(rows):
    """Pads the tokens and the attention of texts to the longest of these texts, instead of the longest of a batch."""
    lengths = [
        max((sum(map(bool, row[side])) for row in rows), default=0) for side in ("source_tokens", "target_tokens")
    ]
    source, target = (max(1, length) for length in lengths)
    for row in rows:
        row["source_tokens"] = _padded(row["source_tokens"], source, "")
        row["target_tokens"] = _padded(row["target_tokens"], target, "")
        row["attention"] = [_padded(part, source, 0.0) for part in _padded(row["attention"], target, [0.0] * source)]


def _padded(values, length, padding):
    return values[:length] + [padding] * (length - len(values))


def _version_status(version):
    code = "UNKNOWN" if version.error else "OK"
    status = {"error_code": code, "error_message": version.error or ""}
    return {"version": str(version.number), "state": version.state.value, "status": status}


def _no_examples(signature, method):
    """Returns the error of `classify` and `regress` for a signature of texts."""
    count = len(signature.outputs)
    if method == "regress":
        return RequestError(400, "Expected one output Tensor.")
    if count not in (1, 2):
        return RequestError(400, f"Expected one or two output Tensors, found {count}")
    return RequestError(400, f"No classification inputs found in SignatureDef: {str(signature)}")
