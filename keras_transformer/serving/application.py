import asyncio
import re
import time

import tensorflow as tf
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from keras_transformer.serving.access_control import check_api_key, check_bearer
from keras_transformer.serving.exchange import Exchange
from keras_transformer.serving.json_response import error_response, json_response
from keras_transformer.serving.libretranslate_routes import LibreTranslateRoutes, fields_of
from keras_transformer.serving.page_routes import PageRoutes
from keras_transformer.serving.request_error import RequestError
from keras_transformer.serving.tensorflow_routes import TensorFlowRoutes

_TENSORFLOW = re.compile("/v1/.*", re.IGNORECASE)
_METRICS = ("/metrics", "/monitoring/prometheus/metrics")


class Application:
    """The ASGI application of the server.

    Args:
        service: the `TranslationService`.
        log: the `AccessLog`.
    """

    def __init__(self, service, log):
        self._service = service
        self._log = log
        self.is_draining = False
        self._tensorflow = TensorFlowRoutes(service)
        self._libretranslate = LibreTranslateRoutes(service)
        self._page = PageRoutes(service)
        self._free = {
            "/health": self._health,
            "/ready": self._ready,
            "/languages": self._libretranslate.languages,
            "/frontend/settings": self._libretranslate.settings,
        }
        self._with_fields = {"/translate": self._libretranslate.translate, "/detect": self._libretranslate.detect}
        origins = list(service.settings.origins)
        headers = ["Authorization", "Content-Encoding", "Content-Type"]
        cors = {"allow_origins": origins, "allow_methods": ["GET", "POST"], "allow_headers": headers}
        self._answer = CORSMiddleware(self._answer_request, **cors) if origins else self._answer_request

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            await self._answer(scope, receive, send)

    def close(self):
        """Ends the threads."""
        self._libretranslate.close()
        self._service.close()

    async def _answer_request(self, scope, receive, send):
        start, metrics = time.monotonic(), self._service.metrics
        exchange = Exchange(scope, receive, self._service.settings)
        metrics.running.inc()
        try:
            response = await self._response(exchange)
        finally:
            exchange.close()
            metrics.running.dec()
        if exchange.method == "HEAD":
            response = Response(status_code=response.status_code, headers=dict(response.headers))
        if self.is_draining and not scope.get("waiting"):  # See `TimedProtocol`.
            response.headers["Connection"] = "close"
        seconds, facts = time.monotonic() - start, exchange.facts
        metrics.requests.labels(facts.route, response.status_code).inc()
        metrics.seconds.labels(facts.route).observe(seconds)
        self._log.write(
            "request",
            client=(scope.get("client") or [None])[0],
            method=exchange.method,
            path=exchange.path[:200],
            route=facts.route,
            status=response.status_code,
            milliseconds=round(1000 * seconds, 1),
            model=facts.model,
            version=facts.version,
            texts=facts.texts or None,
            characters=facts.characters or None,
        )
        if response.status_code != 499:
            await response(scope, receive, send)

    async def _response(self, exchange):
        try:
            return await self._dispatch(exchange)
        except RequestError as error:
            return error_response(error)
        except (tf.errors.InvalidArgumentError, UnicodeError) as error:
            return json_response({"error": _first_line(error)}, 400)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # The server continues.
            self._log.write("error", path=exchange.path[:200], type=type(error).__name__)
            return json_response({"error": f"Internal error: {type(error).__name__}"}, 500)

    async def _dispatch(self, exchange):
        path, tokens = exchange.path, self._service.settings.tokens
        if _TENSORFLOW.fullmatch(path):
            exchange.facts.route = "tensorflow"
            check_bearer(exchange, tokens)
            return await self._tensorflow.answer(exchange)
        if path in self._with_fields:
            exchange.facts.route = path[1:]
            fields = await fields_of(exchange)
            check_api_key(exchange, fields, tokens)
            return await self._with_fields[path](exchange, fields)
        if path in self._free or path in _METRICS or self._page.has(path):
            if exchange.method not in ("GET", "HEAD"):
                raise RequestError(405, "Method Not Allowed", {"Allow": "GET"})
            if path in _METRICS:
                check_bearer(exchange, tokens)
                exchange.facts.route = "metrics"
                return Response(self._service.metrics.page(), 200, media_type=self._service.metrics.content_type)
            exchange.facts.route = path.strip("/").replace("/", "_") if path in self._free else "page"
            return await self._free[path](exchange) if path in self._free else self._page.answer(path)
        raise RequestError(404, "Not Found")

    async def _health(self, exchange):
        return json_response({"status": "ok"})

    async def _ready(self, exchange):
        models = {
            name: [version.number for version in model.available]
            for name, model in self._service.manager.models.items()
        }
        is_ready = self._service.manager.is_ready and not self.is_draining
        status = "draining" if self.is_draining else "ready" if is_ready else "loading"
        return json_response({"status": status, "models": models}, 200 if is_ready else 503)


def _first_line(error):
    """Returns the message of an error of TensorFlow without the names of nodes."""
    return str(getattr(error, "message", error)).split("\n")[0].split("[[")[0].strip()
