"""The registry of export formats, for the command `export` and for `Proof`."""

import importlib
import os
from typing import TYPE_CHECKING, Any

from keras_transformer.errors import InputError

if TYPE_CHECKING:
    from keras_transformer.export.exporter import Exporter


# "module:class" of the `Exporter`, or the class itself, by name. A module is imported when its format or the help of
# `export` is used.
EXPORTERS = {
    "saved_model": "keras_transformer.export.saved_model.saved_model_exporter:SavedModelExporter",
    "tflite": "keras_transformer.export.tflite.tflite_exporter:TFLiteExporter",
    "ctranslate2": "keras_transformer.export.ctranslate2.ctranslate2_exporter:CTranslate2Exporter",
    "web": "keras_transformer.export.web.web_exporter:WebExporter",
    "huggingface": "keras_transformer.export.huggingface.huggingface_exporter:HuggingFaceExporter",
    "onnx": "keras_transformer.export.onnx.onnx_exporter:ONNXExporter",
    "argos": "keras_transformer.export.argos.argos_exporter:ArgosExporter",
}


def exporter_class(name):
    """Returns the `Exporter` class of a format.

    Raises:
        InputError: the format is unknown.
    """
    if name not in EXPORTERS:
        raise InputError(f"`format` must be one of {', '.join(EXPORTERS)}. Received: format={name!r}.")
    found = EXPORTERS[name]
    if isinstance(found, str):
        module, _, class_name = found.partition(":")
        return getattr(importlib.import_module(module), class_name)
    return found


def get_exporter(
    format: str,
    quantize: str | None = None,
    text: bool = False,
    text_signature: bool | None = None,
    litert: str | os.PathLike | None = None,
    prefix_signature: bool = False,
    jit: bool = False,
) -> "Exporter":
    """Creates the `Exporter` of a format.

    Args:
        format: the name of a format, or the `label` of an `Exporter`, such as "tflite text".
        quantize, text, text_signature: see `Exporter`.
        litert: see `WebExporter`.
        prefix_signature, jit: see `SavedModelExporter`.

    Raises:
        InputError: the format is unknown, or it does not support an option.
        TypeError: the class of the format lacks a member, see `Exporter`.

    Example:

    >>> kt.export.get_exporter("ctranslate2", quantize="int8").default_name("my")
    'my-ctranslate2-int8'
    """
    name, _, text_of_label = format.partition(" ")
    if text_of_label not in ("", "text"):
        name = format
    text = text or text_of_label == "text"
    found = exporter_class(name)
    more: dict[str, Any] = {} if litert is None else {"litert": litert}
    more |= {name: True for name, value in {"prefix_signature": prefix_signature, "jit": jit}.items() if value}
    for option, value in more.items():
        if option not in found.options:
            value = str(value) if option == "litert" else value
            raise InputError(f"The format {name} does not support `{option}`. Received: {option}={value!r}.")
    return found(quantize=quantize, text=text, text_signature=text_signature, **more)


def formats_with(option):
    """Returns the names of the formats that support an option, such as "quantize"."""
    return [name for name in EXPORTERS if option in exporter_class(name).options]
