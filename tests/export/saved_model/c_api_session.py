"""Runs a SavedModel through TensorFlow's C API, in a process that never imports TensorFlow's Python.

`python c_api_session.py SITE_PACKAGES REQUEST.json`: the request has `saved_model`, `input` (a tensor's name, such as
`serving_default_text:0`), `outputs` (names by key) and `batches`, a list of nested lists of strings, in base64. It
prints a JSON object of outputs, or of an `error`, for each batch. Loader and session are those of TensorFlow Serving.
"""

import base64
import ctypes
import json
import pathlib
import sys

STRING, FLOAT = 7, 1


class String(ctypes.Structure):
    _fields_ = [("bytes", ctypes.c_uint8 * 24)]


class Output(ctypes.Structure):
    _fields_ = [("operation", ctypes.c_void_p), ("index", ctypes.c_int)]


class Failed(Exception):
    pass


class Library:
    """The C library with the operations of TensorFlow Text loaded into it."""

    def __init__(self, site_packages):
        folder = site_packages / "tensorflow"
        self.framework = ctypes.CDLL(str(folder / "libtensorflow_framework.so.2"), mode=ctypes.RTLD_GLOBAL)
        self.core = ctypes.CDLL(str(folder / "libtensorflow_cc.so.2"), mode=ctypes.RTLD_GLOBAL)
        self.status = ctypes.c_void_p(self("TF_NewStatus", ctypes.c_void_p))
        text = site_packages / "tensorflow_text" / "python" / "ops" / "_sentencepiece_tokenizer.so"
        self("TF_LoadLibrary", ctypes.c_void_p, str(text).encode(), self.status)
        self.check()

    def __call__(self, name, result, *arguments):
        function = getattr(self.core, name)
        function.restype = result
        return function(*arguments)

    def check(self, status=None):
        status = status or self.status
        if self("TF_GetCode", ctypes.c_int, status):
            raise Failed(self("TF_Message", ctypes.c_char_p, status).decode())


class Session:
    def __init__(self, library, saved_model):
        self.library = library
        self.graph = ctypes.c_void_p(library("TF_NewGraph", ctypes.c_void_p))
        options = ctypes.c_void_p(library("TF_NewSessionOptions", ctypes.c_void_p))
        tags = (ctypes.c_char_p * 1)(b"serve")
        self.session = ctypes.c_void_p(
            library(
                "TF_LoadSessionFromSavedModel",
                ctypes.c_void_p,
                options,
                None,
                saved_model.encode(),
                tags,
                1,
                self.graph,
                None,
                library.status,
            )
        )
        library.check()

    def output(self, name):
        operation, index = name.split(":")
        found = self.library("TF_GraphOperationByName", ctypes.c_void_p, self.graph, operation.encode())
        assert found, name
        return Output(found, int(index))

    def run(self, input_name, value, output_names):
        """The outputs for a nested list of strings. Several threads can call this method."""
        library = self.library
        inputs = (Output * 1)(self.output(input_name))
        values = (ctypes.c_void_p * 1)(string_tensor(library, value))
        outputs = (Output * len(output_names))(*map(self.output, output_names))
        found = (ctypes.c_void_p * len(output_names))()
        status = ctypes.c_void_p(library("TF_NewStatus", ctypes.c_void_p))
        try:
            library(
                "TF_SessionRun",
                None,
                self.session,
                None,
                inputs,
                values,
                1,
                outputs,
                found,
                len(output_names),
                None,
                0,
                None,
                status,
            )
            library.check(status)
            return [numbers_or_strings(library, ctypes.c_void_p(tensor)) for tensor in found]
        finally:
            delete_strings(library, values[0], len(flat(value)))
            for tensor in filter(None, [*values, *found]):
                library("TF_DeleteTensor", None, ctypes.c_void_p(tensor))
            library("TF_DeleteStatus", None, status)


def shape_of(value):
    return [len(value), *(shape_of(value[0]) if value else [])] if isinstance(value, list) else []


def flat(value):
    return [item for part in value for item in flat(part)] if isinstance(value, list) else [value]


def string_tensor(library, value):
    shape, strings = shape_of(value), flat(value)
    dimensions = (ctypes.c_int64 * max(1, len(shape)))(*shape)
    size = ctypes.sizeof(String) * len(strings)
    tensor = library("TF_AllocateTensor", ctypes.c_void_p, STRING, dimensions, len(shape), ctypes.c_size_t(size))
    data = library("TF_TensorData", ctypes.c_void_p, ctypes.c_void_p(tensor))
    for number, string in enumerate(strings):
        place = ctypes.c_void_p(data + number * ctypes.sizeof(String))
        library("TF_StringInit", None, place)
        library("TF_StringCopy", None, place, string, ctypes.c_size_t(len(string)))
    return tensor


def delete_strings(library, tensor, count):
    """Frees the strings of a tensor of `string_tensor`. The end of the tensor does not free them."""
    data = library("TF_TensorData", ctypes.c_void_p, ctypes.c_void_p(tensor))
    for number in range(count):
        library("TF_StringDealloc", None, ctypes.c_void_p(data + number * ctypes.sizeof(String)))


def numbers_or_strings(library, tensor):
    """The shape and the flat values of a tensor; strings in base64."""
    rank = library("TF_NumDims", ctypes.c_int, tensor)
    shape = [library("TF_Dim", ctypes.c_int64, tensor, axis) for axis in range(rank)]
    count = 1
    for length in shape:
        count *= length
    data = library("TF_TensorData", ctypes.c_void_p, tensor)
    if library("TF_TensorType", ctypes.c_int, tensor) == FLOAT:
        values = list((ctypes.c_float * count).from_address(data)) if count else []
    else:
        values = []
        for number in range(count):
            place = ctypes.c_void_p(data + number * ctypes.sizeof(String))
            start = library("TF_StringGetDataPointer", ctypes.c_void_p, place)
            size = library("TF_StringGetSize", ctypes.c_size_t, place)
            values.append(base64.b64encode(ctypes.string_at(start, size)).decode())
    return {"shape": shape, "values": values}


def decoded(value):
    return [decoded(part) for part in value] if isinstance(value, list) else base64.b64decode(value)


def main(site_packages, request):
    request = json.loads(pathlib.Path(request).read_text())
    library = Library(pathlib.Path(site_packages))
    session = Session(library, request["saved_model"])
    for batch in request["batches"]:
        try:
            found = session.run(request["input"], decoded(batch), list(request["outputs"].values()))
            print(json.dumps(dict(zip(request["outputs"], found))))
        except Failed as error:
            print(json.dumps({"error": str(error)}))
    assert "tensorflow" not in sys.modules


if __name__ == "__main__":
    main(*sys.argv[1:])
