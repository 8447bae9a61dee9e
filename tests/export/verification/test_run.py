"""Tests of the check of a result that a program has written."""

import json

import pytest

from keras_transformer.errors import ExportError
from keras_transformer.export.verification.run import Run, read_run

RESULT = {
    "translations": ["ein Text", ""],
    "tokens": [["▁ein", "▁Text", "</s>"], []],
    "scores": [-0.5, 0],
    "milliseconds": [9.1, 0.1],
}
WITHOUT_SCORES = {name: values for name, values in RESULT.items() if name != "scores"}


def read(tmp_path, result):
    path = tmp_path / "result.json"
    path.write_text(result if isinstance(result, str) else json.dumps(result), encoding="utf-8")
    return read_run(path, "npz_runner.py", 2)


@pytest.mark.parametrize("result", [RESULT, {**RESULT, "tokens": None, "scores": None}])
def test_a_result_with_all_fields_is_read(tmp_path, result):
    assert read(tmp_path, result) == Run(**result)


@pytest.mark.parametrize(
    "result, message",
    [
        (WITHOUT_SCORES, "expected the fields `translations`, .* in the result. Received: no `scores`."),
        ({**RESULT, "times": []}, "expected the fields .* Received: the unknown `times`."),
        ({**WITHOUT_SCORES, "score": []}, "Received: no `scores` and the unknown `score`."),
        ({**RESULT, "scores": [-0.5, None]}, r"expected `scores\[1\]` to be a finite number. Received: None."),
        ({**RESULT, "scores": [-0.5, float("nan")]}, r"`scores\[1\]` to be a finite number. Received: nan."),
        ({**RESULT, "scores": [-0.5, 10**400]}, r"`scores\[1\]` to be a finite number. Received: 1000"),
        ({**RESULT, "scores": [True, 0]}, r"`scores\[0\]` to be a finite number. Received: True."),
        (
            {**RESULT, "scores": "-0.5"},
            "`scores` to be null or a list of 2 values, one for each text. Received: '-0.5'",
        ),
        ({**RESULT, "milliseconds": None}, "`milliseconds` to be a list of 2 values, .* Received: None."),
        ({**RESULT, "translations": ["ein Text"]}, "`translations` to be a list of 2 values, .* Received: 1 values."),
        ({**RESULT, "translations": ["ein Text", 3]}, r"`translations\[1\]` to be a string. Received: 3."),
        ({**RESULT, "tokens": [["▁ein", 3], []]}, r"`tokens\[0\]` to be a list of strings. Received: \['▁ein', 3\]."),
        ([RESULT], "expected a JSON object as the result. Received: "),
        ("", "expected a result in JSON. Received: "),
    ],
)
def test_another_result_is_refused_by_program_and_field(tmp_path, result, message):
    with pytest.raises(ExportError, match=rf"^npz_runner\.py: .*{message}"):
        read(tmp_path, result)


def test_a_missing_result_is_refused(tmp_path):
    with pytest.raises(ExportError, match="^npz_runner.py: expected a result in the file .* Received: no file.$"):
        read_run(tmp_path / "result.json", "npz_runner.py", 2)
