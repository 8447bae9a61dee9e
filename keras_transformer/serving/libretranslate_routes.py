import asyncio
import concurrent.futures
import html

from keras_transformer.serving.directions import only_source
from keras_transformer.serving.html_segments import html_segments
from keras_transformer.serving.json_response import json_response
from keras_transformer.serving.language_names import language_name
from keras_transformer.serving.request_error import RequestError
from keras_transformer.serving.request_fields import request_fields
from keras_transformer.serving.signature_defs import DEFAULT_SIGNATURE, N_BEST
from keras_transformer.serving.text_pieces import Piece, is_one_piece, joined, text_pieces

_MOST_ALTERNATIVES = 100
# Requests whose texts are being split or wait for it.
_MOST_SPLITS = 64


class LibreTranslateRoutes:
    """The interface of LibreTranslate: translate, detect, languages and settings.

    Args:
        service: the `TranslationService`.
    """

    def __init__(self, service):
        self._service = service
        # Splitting a long text takes longer than other requests should wait.
        self._threads = concurrent.futures.ThreadPoolExecutor(2, "sentences")
        self._splits = set()

    def close(self):
        """Ends the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def languages(self, exchange):
        """Returns the languages and the targets of each."""
        targets = {}
        for directions in self._directions():
            for source, target in directions.pairs:
                targets.setdefault(source, set()).add(target)
                targets.setdefault(target, set())
        return json_response(
            [
                {"code": code, "name": language_name(code), "targets": sorted(found)}
                for code, found in sorted(targets.items())
            ]
        )

    async def settings(self, exchange):
        """Returns the settings for pages of LibreTranslate."""
        pairs = [pair for directions in self._directions() for pair in directions.pairs] or [("", "")]
        source, target = ({"code": code, "name": language_name(code)} for code in pairs[0])
        settings = self._service.settings
        return json_response(
            {
                "charLimit": settings.max_characters,
                "frontendTimeout": 500,
                "apiKeys": bool(settings.tokens),
                "keyRequired": bool(settings.tokens),
                "suggestions": False,
                "filesTranslation": False,
                "supportedFilesFormat": [],
                "language": {"source": source, "target": target},
            }
        )

    async def detect(self, exchange, fields):
        """Returns the only source language. The server does not detect languages."""
        _required(fields, "q")
        return json_response([{"confidence": 100.0, "language": only_source(self._loaded_directions())}])

    async def translate(self, exchange, fields):
        """Returns the translation of a text, or those of a list of texts."""
        given = _required(fields, "q")
        source, target = (_text_field(_required(fields, name), name) for name in ("source", "target"))
        texts = given if isinstance(given, list) else [given]
        if not all(isinstance(text, str) for text in texts):
            raise RequestError(400, "Invalid request: q must be a text or a list of texts")
        form = _text_field(fields.get("format") or "text", "format")
        if form not in ("text", "html"):
            raise RequestError(400, f"{form} format is not supported")
        alternatives = _count_alternatives(fields.get("alternatives") or 0)
        count = alternatives if form == "text" else 0
        self._check_limits(texts, exchange.facts)
        loaded, direction = self._acquire(exchange, source, target)
        try:
            found = await self._translated(exchange, loaded, direction, texts, form == "html", count)
        finally:
            loaded.release()
        content = {"translatedText": [each[0] for each in found]}
        if source == "auto":
            content["detectedLanguage"] = [{"confidence": 100.0, "language": direction.source}] * len(texts)
        if alternatives:
            content["alternatives"] = [each[1:] for each in found]
        if not isinstance(given, list):
            content = {name: values[0] for name, values in content.items()}
        return json_response(content)

    def _check_limits(self, texts, facts):
        """Raises the error of LibreTranslate if a request has too many texts or characters."""
        try:
            self._service.check_limits(texts, facts)
        except RequestError:
            most = self._service.settings.max_texts
            size, limit = (facts.texts, most) if facts.texts > most else (facts.characters, self._most_characters)
            message = f"Invalid request: request ({size}) exceeds text limit ({limit})"
            raise RequestError(400, message) from None

    @property
    def _most_characters(self):
        return self._service.settings.max_characters

    def _directions(self):
        return [
            version.engine.directions
            for model in self._service.manager.models.values()
            for version in model.available[:1]
            if version.engine is not None
        ]

    def _loaded_directions(self):
        """Returns the `Directions` of the models, at least one.

        Raises:
            RequestError: no model is loaded yet.
        """
        known = self._directions()
        if not known:
            raise RequestError(503, "No model is loaded yet.", {"Retry-After": "5"})
        return known

    def _acquire(self, exchange, source, target):
        """Returns the `LoadedVersion` that translates a direction, and the direction."""
        if source == "auto":
            known = self._loaded_directions()
            found = {code for each in known for code in each.sources if each.find(code, target)}
            source = found.pop() if len(found) == 1 else only_source(known)
        for name in self._service.manager.models:
            try:
                loaded = self._service.manager.acquire(name)
            except RequestError:  # It is not loaded yet.
                continue
            direction = loaded.engine.directions.find(source, target)
            if direction is not None:
                exchange.facts.model, exchange.facts.version = name, loaded.number
                return loaded, direction
            loaded.release()
        raise self._unsupported(source, target)

    def _unsupported(self, source, target):
        known = self._loaded_directions()
        if not any(directions.sources for directions in known):
            return RequestError(400, "The languages of the model are unknown. Start the server with --source-language.")
        codes = {code for directions in known for pair in directions.pairs for code in pair}
        for code in (source, target):
            if code not in codes:
                return RequestError(400, f"{code} is not supported")
        names = [f"{language_name(code)} ({code})" for code in (target, source)]
        return RequestError(400, f"{names[0]} is not available as a target language from {names[1]}")

    async def _translated(self, exchange, loaded, direction, texts, is_html, count):
        """Returns a list for each text: the translation, then at most `count` other ones."""
        engine, deadline = loaded.engine, self._service.deadline
        languages = direction.source, direction.target

        def all_pieces():
            parts = (engine.max_length, engine.count_tokens, engine.is_one_token)
            return [(_html_pieces if is_html else text_pieces)(text, *languages, *parts) for text in texts]

        if not is_html and all(is_one_piece(text, engine.max_length) for text in texts):
            rows = all_pieces()
        else:
            rows = await self._service.result(self._split(all_pieces), exchange.gone(), deadline)
        sources = [piece.text.encode("utf-8", errors="replace") for row in rows for piece in row if piece.text]
        signature = N_BEST if count and N_BEST in engine.signatures else DEFAULT_SIGNATURE
        facts, gone = exchange.facts, exchange.gone()
        # Without tokens of the languages, texts share batches with those of TensorFlow Serving's routes.
        if direction.source_prefix is None and direction.target_prefix is None:
            direction = None
        outputs = iter(await self._service.translate(loaded, signature, sources, facts, gone, direction, deadline))
        found = []
        for row in rows:
            options = [_options(next(outputs)) if piece.text else [""] for piece in row]
            if is_html:
                options = [[html.escape(text, quote=False) for text in each] for each in options]
            best = [joined(row, [each[min(rank, len(each) - 1)] for each in options]) for rank in range(count + 1)]
            found.append(list(dict.fromkeys(best)))
        return found

    def _split(self, all_pieces):
        """Returns the future of a call in the threads."""
        scheduler = self._service.scheduler
        if not scheduler.has_room(1) or len(self._splits) >= _MOST_SPLITS:
            raise scheduler.full_error()
        future = self._threads.submit(all_pieces)
        self._splits.add(future)
        future.add_done_callback(self._splits.discard)
        return asyncio.wrap_future(future)


def _options(outputs):
    """Returns the translations of a piece, best first, without blank ones after the first."""
    found = outputs.get("translations") or [outputs["translation"]]
    return found[:1] + [text for text in found[1:] if text]


def _html_pieces(content, source, target, *parts):
    """Returns the pieces of HTML. Markup is white space before a piece."""
    pieces = []
    for segment in html_segments(content):
        if not segment.is_text:
            pieces.append(Piece(segment.content, "", ""))
            continue
        try:
            text = html.unescape(segment.content)
        except ValueError:  # A number of more digits than Python converts.
            text = ""
        if not text.strip():
            pieces.append(Piece(segment.content, "", ""))
            continue
        if segment.keeps_lines:
            pieces += text_pieces(text, source, target, *parts)
            continue
        # A line end is a space in HTML.
        start, end = len(text) - len(text.lstrip()), len(text.rstrip())
        margins = html.escape(text[:start], quote=False), html.escape(text[end:], quote=False)
        found = text_pieces(" ".join(text.split()), source, target, *parts)
        found[0] = found[0]._replace(before=margins[0])
        found[-1] = found[-1]._replace(after=margins[1])
        pieces += found
    return pieces


def _required(fields, name):
    value = fields.get(name)
    if not value:
        raise RequestError(400, f"Invalid request: missing {name} parameter")
    if name == "q" and not isinstance(value, str | list):
        raise RequestError(400, "Invalid request: q must be a text or a list of texts")
    return value


def _text_field(value, name):
    if not isinstance(value, str):
        raise RequestError(400, f"Invalid request: {name} parameter is not a text")
    return value


def _count_alternatives(value):
    try:
        return min(_MOST_ALTERNATIVES, max(0, int(value)))
    except (TypeError, ValueError, OverflowError):
        raise RequestError(400, "Invalid request: alternatives parameter is not a number") from None


async def fields_of(exchange):
    """Returns `request_fields` of a request, with POST only."""
    if exchange.method != "POST":
        raise RequestError(405, "Method Not Allowed", {"Allow": "POST"})
    return await request_fields(exchange)
