import pytest

from keras_transformer.errors import InputError
from keras_transformer.export import EXPORTERS, Exporter, get_exporter
from keras_transformer.export.exporters import exporter_class, formats_with


@pytest.mark.parametrize("name", EXPORTERS)
def test_every_format_is_registered_under_its_name(name):
    assert issubclass(exporter_class(name), Exporter)
    assert get_exporter(name).name == get_exporter(name).label == name
    assert exporter_class(name).options <= {"quantize", "text", "n_best"}


def test_options_belong_to_formats():
    assert formats_with("quantize") == ["tflite", "ctranslate2"]
    assert formats_with("text") == ["tflite"]
    assert formats_with("n_best") == ["saved_model"]


def test_a_label_names_a_format_with_text():
    exporter = get_exporter("tflite text", quantize="int8")
    assert (exporter.text, exporter.quantize, exporter.label) == (True, "int8", "tflite text")


@pytest.mark.parametrize("name", ["onnx", "tflite texts", ""])
def test_an_unknown_format_is_refused(name):
    with pytest.raises(InputError, match=r"`format` must be one of saved_model, .* Received: format="):
        get_exporter(name)


def test_an_option_of_another_format_is_refused():
    with pytest.raises(
        InputError, match="The format saved_model does not support `quantize`. Received: quantize='int8'."
    ):
        get_exporter("saved_model", quantize="int8")
    with pytest.raises(InputError, match="The format ctranslate2 does not support `text`. Received: text=True."):
        get_exporter("ctranslate2", text=True)
    with pytest.raises(InputError, match="`quantize` must be None or one of float16, int8. Received: 'int4'."):
        get_exporter("tflite", quantize="int4")
