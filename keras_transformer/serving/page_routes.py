import html
import importlib.resources
import json
import re
import sys
import urllib.parse

from starlette.responses import Response

from keras_transformer.export.web.site_files import longest_sentence
from keras_transformer.files.small_files import read_small_file
from keras_transformer.serving.json_response import json_response
from keras_transformer.serving.request_error import RequestError

_SCRIPT = "text/javascript; charset=utf-8"
_TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": _SCRIPT}
# Files of the page of `export --format web`, and those that replace them.
_SHARED = ("card.js", "page.css", "page.js", "sentences.js", "translation_view.js", "worker.js")
_OWN = ("downloads.js", "offline.js", "translator.js")
_PRIVACY = "The text is sent to this server."
_PLACE = re.compile(r"\{\{(\w+)\}\}")
_HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}


class PageRoutes:
    """The page at `/`: the translator of `export --format web`, with the first model of the server.

    Args:
        service: the `TranslationService`.
    """

    def __init__(self, service):
        self._service = service
        words = json.loads(_file("export/web/page", "en.json"))
        places = {**words["page"], "privacy": _PRIVACY}
        self._words = words["program"]
        page = _PLACE.sub(lambda place: html.escape(places[place[1]]), _file("export/web/page", "index.html"))
        self._files = {"/": page, **{f"/{name}": _file("export/web/page", name) for name in _SHARED}}
        self._files |= {f"/{name}": _file("serving/page", name) for name in _OWN}
        self._made = {"/settings.json": self._settings, "/model.json": self._model, "/README.md": self._card}

    def has(self, path):
        """Returns whether a path is a file of the page."""
        return path in self._files or path in self._made

    def answer(self, path):
        """Returns the response with a file of the page.

        Raises:
            RequestError: the model is not loaded yet.
        """
        if path in self._made:
            return self._made[path]()
        content = self._files[path]
        if path == "/translator.js":
            content = content.replace("{{longest}}", str(self._longest_sentence()))
        media_type = _TYPES[".html" if path == "/" else path[path.rindex(".") :]]
        return Response(content, 200, _HEADERS, media_type)

    def _first(self):
        """Returns the name and the `Engine` of the first model."""
        for name, model in self._service.manager.models.items():
            for version in model.available[:1]:
                engine = version.engine
                if engine is not None:
                    return name, engine
        raise RequestError(503, "No model is loaded yet.", {"Retry-After": "5"})

    def _longest_sentence(self):
        try:
            max_length = self._first()[1].max_length
        except RequestError:
            max_length = None
        return longest_sentence(max_length or sys.maxsize)

    def _settings(self):
        _, engine = self._first()
        pairs = engine.directions.pairs
        source, target = pairs[0] if len(pairs) == 1 else (None, None)
        settings = {
            "sourceLanguage": source,
            "targetLanguage": target,
            "model": "model.json",
            "bytes": {"litert/server.wasm": 0, "model.json": 0},
            "words": self._words,
        }
        return json_response(settings, headers=_HEADERS)

    def _model(self):
        name, _ = self._first()
        return json_response({"address": f"v1/models/{urllib.parse.quote(name, safe='')}:predict"}, headers=_HEADERS)

    def _card(self):
        _, engine = self._first()
        try:
            text = read_small_file(engine.card).decode("utf-8") if engine.card else "The model has no card."
        except (OSError, ValueError):
            text = "The model card cannot be read."
        return Response(text, 200, _HEADERS, "text/markdown; charset=utf-8")


def _file(folder, name):
    return importlib.resources.files("keras_transformer").joinpath(*folder.split("/"), name).read_text("utf-8")
