"""LibreTranslate's interface: its Python clients, and requests written from its description."""

import json
import shutil
import subprocess
import urllib.error
import urllib.parse

import pytest
from libretranslatepy import LibreTranslateAPI

SENTENCE = "나는 어제 카페에 갔다."
TYPE_FORM = "application/x-www-form-urlencoded"


def predicted(server, *texts):
    """The translations of texts by the other interface."""
    return server.ask("/v1/models/phrases:predict", {"inputs": {"text": texts}}).json["outputs"]["translation"]


def translated(server, q, **fields):
    answer = server.ask("/translate", {"q": q, "source": "ko", "target": "en", **fields})
    assert answer.status == 200, answer.body
    return answer.json


def test_libretranslatepy_translates_detects_and_lists_languages(server):
    client = LibreTranslateAPI(server.url)
    assert client.translate(SENTENCE, "ko", "en") == predicted(server, SENTENCE)[0]
    assert client.detect(SENTENCE) == [{"confidence": 100.0, "language": "ko"}]
    languages = [
        {"code": "en", "name": "English", "targets": []},
        {"code": "ko", "name": "Korean", "targets": ["en"]},
    ]
    assert client.languages() == languages


def test_deep_translator_translates(server):
    # It imports slowly.
    from deep_translator import LibreTranslator  # noqa: PLC0415

    client = LibreTranslator(source="ko", target="en", api_key="any", custom_url=f"{server.url}/")
    assert client.translate(SENTENCE) == predicted(server, SENTENCE)[0]
    assert client.translate_batch([SENTENCE, "내일"]) == predicted(server, SENTENCE, "내일")


def test_a_list_has_a_list_of_translations(server):
    assert translated(server, [SENTENCE, "내일"]) == {"translatedText": predicted(server, SENTENCE, "내일")}


def test_fields_come_from_a_form_a_query_or_a_multipart_form(server):
    expected = {"translatedText": predicted(server, SENTENCE)[0]}
    form = urllib.parse.urlencode({"q": SENTENCE, "source": "ko", "target": "en"})
    assert server.ask("/translate", form.encode(), Content_Type=TYPE_FORM).json == expected
    assert server.ask(f"/translate?{form}", b"", method="POST").json == expected
    parts = "".join(
        f'--border\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (("q", SENTENCE), ("source", "ko"), ("target", "en"))
    )
    body = f"{parts}--border--\r\n".encode()
    assert server.ask("/translate", body, Content_Type="multipart/form-data; boundary=border").json == expected


def test_auto_is_the_only_source_language(server):
    found = translated(server, SENTENCE, source="auto")
    assert found["detectedLanguage"] == {"confidence": 100.0, "language": "ko"}
    found = translated(server, [SENTENCE, "내일"], source="auto")
    assert found["detectedLanguage"] == [{"confidence": 100.0, "language": "ko"}] * 2


def test_alternatives_are_other_translations(server):
    found = translated(server, SENTENCE, alternatives=2)
    answer = server.ask("/v1/models/phrases:predict", {"signature_name": "n_best", "instances": [SENTENCE]})
    best = list(dict.fromkeys(answer.json["predictions"][0]["translations"][:3]))
    assert [found["translatedText"], *found["alternatives"]] == best


def test_lines_and_white_space_are_kept(server):
    first, second = predicted(server, "내일", "고양이")
    assert translated(server, "  내일\n\n고양이\n")["translatedText"] == f"  {first}\n\n{second}\n"


def test_a_text_longer_than_the_model_reads_is_translated_in_parts(server):
    found = translated(server, "나는 어제 카페에 갔다 " * 800)["translatedText"]  # 10,400 characters.
    assert len(found) > 10 * len(predicted(server, "나는 어제 카페에 갔다 " * 800)[0])


def test_html_keeps_tags_scripts_and_attributes(server):
    first, second, third = predicted(server, "나는 & 너", "카페", "간다")
    html = (
        "<!doctype html><!-- 주석 --><p class=\"가\" title='나 > 다'>나는 &amp; 너 <b>카페</b>"
        "<script>if (a < b) { 나(); }</script><style>p > b { color: red }</style>\n<br/>간다</p>"
    )
    escaped = [text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for text in (first, second, third)]
    expected = html.replace("나는 &amp; 너", escaped[0]).replace(">카페<", f">{escaped[1]}<")
    expected = expected.replace("<br/>간다", f"<br/>{escaped[2]}")
    assert translated(server, html, format="html")["translatedText"] == expected


def test_settings_name_the_languages_and_the_limit(server):
    settings = server.ask("/frontend/settings").json
    assert settings["language"]["source"] == {"code": "ko", "name": "Korean"}
    assert settings["language"]["target"] == {"code": "en", "name": "English"}
    assert settings["charLimit"] == 100_000
    assert settings["keyRequired"] is False


WRONG = {
    "missing q": ({"source": "ko", "target": "en"}, "Invalid request: missing q parameter"),
    "empty q": ({"q": "", "source": "ko", "target": "en"}, "Invalid request: missing q parameter"),
    "missing source": ({"q": "a", "target": "en"}, "Invalid request: missing source parameter"),
    "missing target": ({"q": "a", "source": "ko"}, "Invalid request: missing target parameter"),
    "unknown source": ({"q": "a", "source": "xx", "target": "en"}, "xx is not supported"),
    "unknown target": ({"q": "a", "source": "ko", "target": "xx"}, "xx is not supported"),
    "other direction": (
        {"q": "a", "source": "en", "target": "ko"},
        "Korean (ko) is not available as a target language from English (en)",
    ),
    "format": ({"q": "a", "source": "ko", "target": "en", "format": "pdf"}, "pdf format is not supported"),
    "alternatives": (
        {"q": "a", "source": "ko", "target": "en", "alternatives": "x"},
        "Invalid request: alternatives parameter is not a number",
    ),
    "number": ({"q": 1, "source": "ko", "target": "en"}, "Invalid request: q must be a text or a list of texts"),
    "list of numbers": ({"q": [1], "source": "ko", "target": "en"}, "Invalid request: q must be a text or a list of"),
    "source": ({"q": "a", "source": ["ko"], "target": "en"}, "Invalid request: source parameter is not a text"),
    "array": ([1], "Invalid JSON format"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_fields_are_errors(server, name):
    fields, message = WRONG[name]
    answer = server.ask("/translate", fields)
    assert answer.status == 400
    assert answer.error.startswith(message)


@pytest.mark.parametrize("body", [b"", b"{", b'{"q": "\xff", "source": "ko", "target": "en"}', rb'{"q": "\ud800"}'])
def test_wrong_json_is_an_error(server, body):
    answer = server.ask("/translate", body, Content_Type="application/json")
    assert answer.status == 400
    assert answer.error


def test_a_byte_order_mark_is_skipped(server):
    body = json.dumps({"q": SENTENCE, "source": "ko", "target": "en"}).encode("utf-8-sig")
    answer = server.ask("/translate", body, Content_Type="application/json")
    assert answer.json == {"translatedText": predicted(server, SENTENCE)[0]}


def test_wrong_routes_are_errors(server):
    assert server.ask("/translate").status == 405
    assert server.ask("/absent").json == {"error": "Not Found"}
    assert server.ask("/detect", {}).error == "Invalid request: missing q parameter"


def test_clients_get_the_errors(server):
    client = LibreTranslateAPI(server.url)
    with pytest.raises(urllib.error.HTTPError) as caught:
        client.translate(SENTENCE, "ko", "xx")
    with caught.value as error:
        assert json.loads(error.read()) == {"error": "xx is not supported"}


def test_curl_may_ask_for_http2(server):
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    command = ["curl", "-sS", "--http2", f"{server.url}/translate", "--data-urlencode", f"q={SENTENCE}"]
    found = subprocess.run([*command, "-d", "source=ko&target=en"], capture_output=True, check=True).stdout
    assert json.loads(found) == {"translatedText": predicted(server, SENTENCE)[0]}
