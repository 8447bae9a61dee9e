"""Requests of LibreTranslate's and TensorFlow Serving's clients, with an engine that translates nothing."""

import asyncio
import gzip
import threading
import time

import pytest
from stub_service import StubEngine, asked, stub_application, translated

from keras_transformer.serving import libretranslate_routes
from keras_transformer.serving.directions import Directions, ServedDirection


class SlowEngine(StubEngine):
    """An engine that counts tokens slowly."""

    max_length = 3

    def count_tokens(self, texts):
        time.sleep(1)
        return super().count_tokens(texts)


class FailingEngine(StubEngine):
    """An engine that fails with its first batch, and keeps the worker busy with the second."""

    def __init__(self):
        self.batches, self.may_end = [], threading.Event()

    def run(self, signature, texts, direction=None):
        self.batches.append(texts)
        if len(self.batches) > 1:
            assert self.may_end.wait(10)
        raise ValueError("damaged")


class OverflowingEngine(StubEngine):
    """An engine of a model whose numbers are too large for some texts."""

    def run(self, signature, texts, direction=None):
        scores = [float("nan") if text == b"large" else -1.0 for text in texts]
        if signature == "n_best":
            return [{"translations": ["", ""], "scores": [score, float("-inf")]} for score in scores]
        return [{"translation": "", "score": score} for score in scores]


@pytest.fixture(scope="module")
def application():
    with stub_application(StubEngine()) as (application, _, _):
        yield application


@pytest.fixture(scope="module")
def loading():
    """An application whose model is not loaded yet."""
    with stub_application(None) as (application, _, _):
        yield application


def html_of(application, html):
    status, answer = asyncio.run(translated(application, html, format="html"))
    assert status == 200
    return answer["translatedText"]


def test_a_text_of_more_lines_than_the_queue_has_places_is_translated(application):
    answer = asyncio.run(translated(application, "a\n" * 2000))
    assert answer == (200, {"translatedText": "A\n" * 2000})


@pytest.mark.parametrize("signature", ["serving_default", "n_best"])
def test_a_translation_without_a_finite_score_is_an_error(signature):
    with stub_application(OverflowingEngine()) as (application, _, _):

        def ask(*texts):
            content = {"signature_name": signature, "inputs": texts}
            return asyncio.run(asked(application, "/v1/models/stub:predict", content))

        status, answer = ask("small", "large")
        assert (status, answer["error"][:44]) == (500, "The scores of the model are not finite. Its ")
        assert ask("small", "small")[0] == 200
        assert asyncio.run(translated(application, "large"))[0] == 500


def test_long_texts_wait_for_places_in_the_queue():
    async def run(application):
        return await asyncio.gather(*(translated(application, "a\n" * 20) for _ in range(4)))

    with stub_application(StubEngine(), queue_size=8, workers=1) as (application, _, _):
        assert asyncio.run(run(application)) == [(200, {"translatedText": "A\n" * 20})] * 4


def test_a_full_queue_refuses_a_text_before_it_is_split(monkeypatch):
    monkeypatch.setattr(libretranslate_routes, "_MOST_SPLITS", 0)
    with stub_application(StubEngine()) as (application, _, _):
        status, answer = asyncio.run(translated(application, "a\nb"))
    assert (status, answer["error"][:9]) == (429, "The queue")


def test_a_text_that_is_not_split_in_time_is_an_error():
    with stub_application(SlowEngine(), max_seconds=0.1) as (application, _, _):
        start = time.monotonic()
        answer = asyncio.run(translated(application, "abcdef"))
        assert time.monotonic() - start < 0.9
    assert answer == (504, {"error": "The request was not translated in 0.1 s."})


def test_splitting_ends_with_the_connection():
    with stub_application(SlowEngine()) as (application, _, log):
        start = time.monotonic()
        assert asyncio.run(translated(application, "abcdef", [{"type": "http.disconnect"}])) is None
        assert time.monotonic() - start < 0.9
        assert '"status": 499' in log.getvalue()


def test_an_error_of_a_batch_drops_the_other_texts_of_the_request():
    engine = FailingEngine()
    with stub_application(engine, workers=1, max_batch_size=1) as (application, service, _):
        try:
            assert asyncio.run(translated(application, ["a", "b", "c"]))[0] == 500
            assert service.scheduler.waiting == 0
        finally:
            engine.may_end.set()


@pytest.mark.parametrize(("path", "source"), [("/detect", "fr"), ("/translate", "auto")])
def test_languages_are_unknown_before_a_model_is_loaded(loading, path, source):
    answer = asyncio.run(asked(loading, path, {"q": "a", "source": source, "target": "de"}))
    assert answer == (503, {"error": "No model is loaded yet."})


@pytest.mark.parametrize("count", ["0", "-1"])
def test_no_alternatives_are_returned_if_none_are_requested(application, count):
    form = f"q=a&source=fr&target=de&alternatives={count}".encode()
    assert asyncio.run(asked(application, "/translate", form)) == (200, {"translatedText": "A"})
    assert asyncio.run(translated(application, "a", alternatives=1)) == (
        200,
        {"translatedText": "A", "alternatives": []},
    )


def test_line_ends_of_html_are_kept_where_a_reader_sees_them(application):
    html = "<p>a\n b</p><pre>\n  c\n<b>d\ne</b>\n</pre><textarea>f\n\ng</textarea><i>h\ni</i>"
    expected = "<p>A B</p><pre>\n  C\n<b>D\nE</b>\n</pre><textarea>F\n\nG</textarea><i>H I</i>"
    assert html_of(application, html) == expected


def test_a_reference_of_too_many_digits_stays_as_it_is(application):
    html = "<p>a</p>&#" + "9" * 5000 + ";<p>b</p>"
    assert html_of(application, html) == html.replace("a", "A").replace(">b", ">B")


def test_the_number_of_a_version_can_have_zeros_before_it(application):
    answer = asyncio.run(asked(application, "/v1/models/stub/versions/" + "0" * 5000))
    assert answer == (404, {"error": "Could not find version 0 of model stub"})
    assert asyncio.run(asked(application, f"/v1/models/stub/versions/{'0' * 30}1"))[0] == 200
    assert asyncio.run(asked(application, f"/v1/models/stub/versions/{'0' * 30}{2**63}"))[0] == 400


@pytest.mark.parametrize(
    ("encoding", "body", "status", "answer"),
    [
        (b"GZIP", gzip.compress(b"q=a&source=fr&target=de"), 200, {"translatedText": "A"}),
        (b"gzip", gzip.compress(b"q=" + b"a" * 5_000_000), 413, {"error": "The request is too large. At most 1265536"}),
        (b"gzip", gzip.compress(b"q=a")[:-1], 400, {"error": "The body is not one complete gzip file."}),
        (b"gzip", b"q=a", 400, {"error": "The body is not gzip."}),
        (b"br", b"q=a", 415, {"error": "The content encoding must be gzip or identity. Received: br"}),
    ],
    ids=["gzip", "too large", "cut", "no gzip", "br"],
)
def test_a_compressed_body_is_read(application, encoding, body, status, answer):
    found = asyncio.run(asked(application, "/translate", body, headers=[(b"content-encoding", encoding)]))
    assert found[0] == status
    for name, text in answer.items():
        assert found[1][name].startswith(text)


def multipart(text, charset=b""):
    """The body and the headers of a text in a multipart form."""
    fields = {b"q": text, b"source": b"fr", b"target": b"de"}
    parts = [b'--b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % field for field in fields.items()]
    return b"".join([*parts, b"--b--\r\n"]), [(b"content-type", b"multipart/form-data; boundary=b" + charset)]


@pytest.mark.parametrize(
    ("text", "charset", "status", "answer"),
    [
        ("é🙂".encode(), b"", 200, {"translatedText": "É🙂"}),
        ("é".encode("latin-1"), b"; charset=iso-8859-1", 200, {"translatedText": "É"}),
        (b"\xff\xe9", b"", 400, {"error": "The request must be in UTF-8."}),
        (b"\xff\xe9", b"; charset=UTF-8", 400, {"error": "The request must be in UTF-8."}),
    ],
    ids=["utf-8", "latin-1", "no utf-8", "no utf-8 as named"],
)
def test_a_multipart_form_is_utf8_unless_it_names_another_charset(application, text, charset, status, answer):
    body, headers = multipart(text, charset)
    assert asyncio.run(asked(application, "/translate", body, headers=headers)) == (status, answer)


@pytest.mark.parametrize("body", [b"garbage", b"--b\r\n?\r\n\r\nc", b"--b\r\nA: b\r\n\r\nc\r\n--b--\r\n"], ids=range(3))
def test_a_broken_multipart_form_is_an_error(application, body):
    _, headers = multipart(b"")
    status, answer = asyncio.run(asked(application, "/translate", body, headers=headers))
    assert (status, answer["error"][:24]) == (400, "The form cannot be read:")


class WaitingEngine(StubEngine):
    """An engine that records its batches, and waits in the first."""

    def __init__(self):
        self.batches, self.may_end = [], threading.Event()

    def run(self, signature, texts, direction=None):
        self.batches.append(texts)
        assert self.may_end.wait(10)
        return super().run(signature, texts, direction)


def test_both_interfaces_share_batches():
    async def run(application, scheduler, engine):
        first = asyncio.ensure_future(translated(application, "first"))
        while not engine.batches:
            await asyncio.sleep(0.001)
        others = asyncio.gather(
            translated(application, "a"), asked(application, "/v1/models/stub:predict", {"instances": ["b"]})
        )
        while scheduler.waiting < 2:
            await asyncio.sleep(0.001)
        engine.may_end.set()
        return [await first, *await others]

    engine = WaitingEngine()
    with stub_application(engine, workers=1) as (application, service, _):
        answers = asyncio.run(run(application, service.scheduler, engine))
    assert [status for status, _ in answers] == [200] * 3
    assert [sorted(batch) for batch in engine.batches] == [[b"first"], [b"a", b"b"]]


class ManyWaysEngine(StubEngine):
    """An engine of several directions."""

    pairs = ("fr", "zh-Hant"), ("zh-Hant", "fr"), ("fr", "en")
    directions = Directions({pair: ServedDirection(*pair) for pair in pairs})


@pytest.mark.parametrize(("target", "source"), [("FR", "zh-Hant"), ("zh-hant", "fr"), ("EN", "fr"), ("zh", "fr")])
def test_auto_is_the_only_source_of_the_target_by_any_of_its_names(target, source):
    with stub_application(ManyWaysEngine()) as (application, _, _):
        status, answer = asyncio.run(translated(application, "a", source="auto", target=target))
    assert status == 200
    assert answer["detectedLanguage"]["language"] == source
