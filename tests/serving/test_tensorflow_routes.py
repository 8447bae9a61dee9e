import re

import numpy as np
import pytest
from serving_table import CASES, ONE, TWO, WITHOUT_BODY, WITHOUT_TEXTS, check

from keras_transformer.generation import SearchSettings
from keras_transformer.translator import Translator

TEXTS = [ONE, TWO, "", "그는 오늘 학교에 간다.", "고양이", "가" * 10_000]


@pytest.fixture(scope="module")
def translator(model):
    return Translator.load(model)


def ask(server, **request):
    answer = server.ask("/v1/models/phrases:predict", request)
    assert answer.status == 200, answer.body
    return answer.json


@pytest.mark.parametrize("case", [*CASES, WITHOUT_BODY, WITHOUT_TEXTS], ids=str)
def test_response_is_that_of_tensorflow_serving(server, case):
    answer = server.ask(case.path.replace("MODEL", "phrases"), case.body("phrases"), **case.headers)
    check(case, answer.status, answer.json, "phrases")
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.slow
def test_translations_and_scores_are_those_of_the_translator(server, translator):
    with pytest.warns(UserWarning, match="are cut there"):
        translations, scores = translator.translate(TEXTS, return_scores=True)
    found = ask(server, inputs={"text": TEXTS})["outputs"]
    assert found["translation"] == translations
    np.testing.assert_allclose(found["score"], scores, atol=1e-4)


@pytest.mark.slow
def test_best_translations_are_those_of_the_translator(server, translator):
    texts = TEXTS[:3]
    settings = SearchSettings(n_best=4)
    translations, scores = translator.translate(texts, return_scores=True, settings=settings)
    found = ask(server, signature_name="n_best", inputs={"text": texts})["outputs"]
    assert found["translations"] == translations
    np.testing.assert_allclose(found["scores"], scores, atol=1e-4)


def test_attention_has_the_shape_of_its_tokens_and_sums_to_one(server):
    (row,) = ask(server, signature_name="attention", instances=[ONE])["predictions"]
    attention = np.array(row["attention"])
    assert attention.shape == (len(row["target_tokens"]), len(row["source_tokens"]))
    assert all(row["source_tokens"])
    np.testing.assert_allclose(attention.sum(axis=1), 1, atol=1e-4)


def test_bytes_that_are_not_utf8_are_those_of_base64(server):
    answer = server.ask("/v1/models/phrases:predict", b'{"instances": ["\xff\xed\x95\x9c", {"b64": "/+2VnA=="}]}')
    first, second = answer.json["predictions"]
    assert first["translation"] == second["translation"]


def test_scores_are_written_with_few_digits(server):
    body = server.ask("/v1/models/phrases:predict", {"inputs": {"text": [ONE] * 3}}).body.decode()
    digits = re.search(r'"score": \[(.*?)\]', body)[1].split(", ")
    assert all(len(number.lstrip("-").replace(".", "").lstrip("0")) <= 9 for number in digits)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_malformed_requests(server, method):
    answer = server.ask("/v1/models/phrases", method=method)
    assert answer.status == 400
    assert answer.error == f"Malformed request: {method} /v1/models/phrases"
