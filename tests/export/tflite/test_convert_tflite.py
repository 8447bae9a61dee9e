"""The converter has one module, so that it can be exchanged there."""

import pathlib
import re

import keras_transformer


def test_one_module_uses_the_converter_of_tensorflow():
    folder = pathlib.Path(keras_transformer.__file__).parent
    name = re.compile(r"\btf\.lite\b|TFLiteConverter")
    users = [path for path in folder.rglob("*.py") if name.search(path.read_text("utf-8"))]
    assert [path.name for path in users] == ["convert_tflite.py"]
