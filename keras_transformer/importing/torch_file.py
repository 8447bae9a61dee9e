"""Reads tensors of PyTorch's zip format without PyTorch and without running code of the file."""

import itertools
import os
import pickle
import zipfile
from typing import Any, NamedTuple

from keras_transformer.errors import InputError, short_repr
from keras_transformer.importing.stored_tensor import FLOATS, StoredTensor, checked_shape, checked_whole
from keras_transformer.importing.tensor_file import TensorFile

_MOST_PICKLE_BYTES = 16 * 2**20
_MOST_ENTRIES = 100_000
# Maximum number of arguments in a pickle. Those of a tensor are 7.
_MOST_ARGUMENTS = 16
_LOCAL_HEADER_BYTES = 30
_CONVERSION = (
    "Convert it where it was made, with Transformers: "
    "`AutoModelForSeq2SeqLM.from_pretrained(folder).save_pretrained(folder)` writes model.safetensors"
)


class _Storage(NamedTuple):
    """A storage: the type of its numbers, and the name and the number of its numbers in the archive."""

    kind: str
    key: str
    count: int


class _View(NamedTuple):
    """A tensor as the pickle describes it."""

    storage: _Storage
    offset: int
    shape: tuple
    strides: tuple


class TorchFile(TensorFile):
    """Reads tensors of a `pytorch_model.bin` one at a time.

    The structure of such a file is a pickle, a program that can call any function. This reader calls none: it accepts
    only the names by which PyTorch describes a dictionary of tensors.

    Args:
        path: the file.

    Attributes:
        tensors: the `StoredTensor` of each name.

    Raises:
        InputError: the file has another format, is cut or damaged, or its pickle refers to something else.
    """

    def _find_tensors(self):
        try:
            return _tensors(self.path)
        except InputError:
            raise
        except _Refused as error:
            raise InputError(f"{self.path}: {error}.") from None
        except Exception as error:  # Unpickling a damaged file can raise any error.
            raise InputError(
                f"{self.path}: expected a file of PyTorch's zip format, but it is cut or damaged, or of the format "
                f"before PyTorch 1.6 ({type(error).__name__}). {_CONVERSION}."
            ) from None


class _Refused(ValueError):
    """The pickle refers to something other than tensors."""


# The operations by which PyTorch and other protocols write dictionaries of tensors. Others can allocate any memory.
_OPERATIONS = (
    *(pickle.PROTO, pickle.FRAME, pickle.STOP, pickle.MARK, pickle.GLOBAL, pickle.STACK_GLOBAL),
    *(pickle.BINPERSID, pickle.NONE, pickle.NEWFALSE, pickle.NEWTRUE, pickle.BININT, pickle.BININT1, pickle.BININT2),
    *(pickle.LONG1, pickle.BINFLOAT, pickle.UNICODE, pickle.BINUNICODE, pickle.SHORT_BINUNICODE),
    *(pickle.EMPTY_TUPLE, pickle.TUPLE, pickle.TUPLE1, pickle.TUPLE2, pickle.TUPLE3, pickle.EMPTY_DICT),
    *(pickle.EMPTY_LIST, pickle.LIST, pickle.APPEND, pickle.APPENDS, pickle.MEMOIZE),
    *(pickle.PUT, pickle.BINPUT, pickle.LONG_BINPUT, pickle.GET, pickle.BINGET, pickle.LONG_BINGET),
)


# `pickle.Unpickler` in C would allocate memory for any index of its memo.
class _TensorUnpickler(pickle._Unpickler):
    dispatch: dict[int, Any] = {operation[0]: pickle._Unpickler.dispatch[operation[0]] for operation in _OPERATIONS}

    def _load_reduce(self):
        arguments = self.stack.pop()
        if type(arguments) is not tuple or len(arguments) > _MOST_ARGUMENTS:
            raise ValueError("not the arguments of a tensor")
        self.stack[-1] = self.stack[-1](*arguments)

    def _load_build(self):
        self.stack.pop()  # Attributes are dropped.

    def _load_dict(self):
        items = self.pop_mark()
        self.append(_with_items({}, items))

    def _load_item(self):
        value, key = self.stack.pop(), self.stack.pop()
        _with_items(self.stack[-1], [key, value])

    def _load_items(self):
        items = self.pop_mark()
        _with_items(self.stack[-1], items)

    dispatch |= {pickle.REDUCE[0]: _load_reduce, pickle.BUILD[0]: _load_build, pickle.DICT[0]: _load_dict}
    dispatch |= {pickle.SETITEM[0]: _load_item, pickle.SETITEMS[0]: _load_items}

    def find_class(self, module, name):
        if found := _NAMES.get(f"{module}.{name}"):
            return found
        raise _Refused(
            f"only tensors are read from this file, but it refers to {short_repr(f'{module}.{name}')}, which is code. "
            "Do not load it with other programs unless you trust its author"
        )

    def persistent_load(self, pid):
        word, kind, key, _, count = pid
        if word != "storage" or not isinstance(kind, str) or not isinstance(key, str):
            raise ValueError("not a storage")
        return _Storage(kind, key, checked_whole(count))


def _with_items(found, items):
    """Adds keys and values to a dictionary. Only strings are keys: the hash of nested tuples can take forever."""
    if type(found) is not dict or any(type(key) is not str for key in items[::2]):
        raise ValueError("not a dictionary with names")
    found.update(zip(items[::2], items[1::2], strict=True))
    return found


def _rebuild_tensor(storage, offset, shape, strides, *_):
    if not isinstance(storage, _Storage):
        raise ValueError("not a storage")
    return _View(storage, checked_whole(offset), checked_shape(shape), checked_shape(strides))


def _rebuild_parameter(tensor, *_):
    return tensor


# The name in a pickle, and its counterpart here. The type of a storage is only a word.
_NAMES = {
    "collections.OrderedDict": lambda: {},  # Without arguments, as PyTorch writes it.
    "torch._utils._rebuild_tensor_v2": _rebuild_tensor,
    "torch._utils._rebuild_parameter": _rebuild_parameter,
    "torch.DoubleStorage": "F64",
    "torch.FloatStorage": "F32",
    "torch.HalfStorage": "F16",
    "torch.BFloat16Storage": "BF16",
    "torch.LongStorage": "I64",
    "torch.IntStorage": "I32",
    "torch.BoolStorage": "BOOL",
}


def _tensors(path):
    with zipfile.ZipFile(path) as archive, open(path, "rb") as file:
        entries = {info.filename: info for info in archive.infolist()}
        roots = [
            name.removesuffix("data.pkl") for name in entries if name.count("/") == 1 and name.endswith("/data.pkl")
        ]
        if len(entries) > _MOST_ENTRIES or len(roots) != 1:
            raise ValueError("not an archive of PyTorch")
        (root,) = roots
        pickled = entries[f"{root}data.pkl"]
        order = entries.get(f"{root}byteorder")
        if max(pickled.file_size, order.file_size if order else 0) > _MOST_PICKLE_BYTES:
            raise ValueError("the pickle is too long")
        if order and archive.read(order) != b"little":
            raise _Refused(f"numbers of a big-endian machine are not supported. {_CONVERSION}")
        with archive.open(pickled) as stream:
            content = _TensorUnpickler(stream, encoding="utf-8").load()
        if not isinstance(content, dict):
            raise ValueError("not a dictionary")
        size = os.path.getsize(path)
        return {
            name: _located(name, view, entries[f"{root}data/{view.storage.key}"], file, size)
            for name, view in content.items()
            if isinstance(name, str) and isinstance(view, _View)
        }


def _located(name, view, entry, file, size):
    """Returns the `StoredTensor` of a tensor of the pickle, whose storage is an entry of the archive."""
    storage, shape = view.storage, view.shape
    if storage.kind not in FLOATS:
        return StoredTensor(storage.kind, shape, 0)
    strides = list(itertools.accumulate(reversed(shape), lambda width, count: width * count, initial=1))[-2::-1]
    if any(length != 1 and found != expected for length, found, expected in zip(shape, view.strides, strides)):
        raise _Refused(f"{name} is a view of another tensor. {_CONVERSION}")
    file.seek(entry.header_offset)
    header = file.read(_LOCAL_HEADER_BYTES)
    # A local header ends with the lengths of the name and of the extra field.
    start = entry.header_offset + _LOCAL_HEADER_BYTES
    start += int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    tensor = StoredTensor(storage.kind, shape, 0)
    first = view.offset * StoredTensor(storage.kind, (1,), 0).num_bytes
    is_whole = (
        header[:4] == b"PK\3\4"
        and entry.compress_type == zipfile.ZIP_STORED
        and len(view.strides) == len(shape)
        and first + tensor.num_bytes <= entry.file_size
        and start + entry.file_size <= size
    )
    if not is_whole:
        raise ValueError(f"{name} is cut")
    return tensor._replace(start=start + first)
