"""Requests of LibreTranslate's and TensorFlow Serving's clients, with an engine that translates nothing."""

import asyncio

import pytest
from stub_service import StubEngine, asked, stub_application, translated


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
