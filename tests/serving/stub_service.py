"""The application of the server with an engine that translates nothing, in the process of a test."""

import asyncio
import contextlib
import io
import json
import pathlib

from keras_transformer.serving.access_log import AccessLog
from keras_transformer.serving.application import Application
from keras_transformer.serving.directions import Directions
from keras_transformer.serving.engine import Engine
from keras_transformer.serving.served_model import ServedModel
from keras_transformer.serving.serving_settings import ServingSettings
from keras_transformer.serving.signature_defs import text_signature_map
from keras_transformer.serving.translation_service import TranslationService
from keras_transformer.serving.version_policy import VersionPolicy


class StubEngine(Engine):
    """An engine that returns texts in upper case."""

    signature_map = text_signature_map(2)
    directions = Directions.of_tags("fr", "de")

    def run(self, signature, texts, direction=None):
        return [{"translation": text.decode().upper(), "score": 0.0} for text in texts]

    def count_tokens(self, texts):
        return [len(text) for text in texts]


class StubSource:
    """The versions of a model whose files never change."""

    path = pathlib.Path("stub")

    def __init__(self, *numbers):
        self.numbers = numbers

    def versions(self):
        return {number: (self.path / str(number), "files") for number in self.numbers}


def stub_model(service, source, load, log=lambda event, **fields: None):
    return ServedModel("stub", source, VersionPolicy(), load, log, service.metrics)


@contextlib.contextmanager
def stub_application(engine, **settings):
    """Yields an `Application`, its `TranslationService` and its log. The model has no version if `engine` is None."""
    stream = io.StringIO()
    log = AccessLog(stream)
    service = TranslationService([], None, ServingSettings(port=0, **settings), log.write)
    model = stub_model(service, StubSource(1), lambda path: engine)
    if engine is not None:
        model.poll()
    service.manager.models["stub"] = model
    application = Application(service, log)
    try:
        yield application, service, stream
    finally:
        application.close()


async def asked(application, path, content=None, events=(), headers=()):
    """Sends a request, a POST if it has content, and returns the status and the JSON of the response.

    Args:
        application: the `Application`.
        path: the path.
        content: bytes of a form, or a value for JSON. Default None.
        events: events of ASGI after the body.
        headers: more headers, pairs of bytes.
    """
    is_form = isinstance(content, bytes)
    body = content if is_form else json.dumps(content).encode()
    media_type = b"application/x-www-form-urlencoded" if is_form else b"application/json"
    scope = {
        "type": "http",
        "method": "GET" if content is None else "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": list({b"content-type": media_type, **dict(headers)}.items()),
    }
    arriving = [{"type": "http.request", "body": body, "more_body": False}, *events]
    sent = []

    async def receive():
        if not arriving:
            await asyncio.Event().wait()
        return arriving.pop(0)

    async def send(message):
        sent.append(message)

    await application(scope, receive, send)
    return (sent[0]["status"], json.loads(sent[1]["body"])) if sent else None


async def translated(application, q, events=(), **fields):
    return await asked(application, "/translate", {"q": q, "source": "fr", "target": "de", **fields}, events)
