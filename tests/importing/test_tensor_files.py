"""Weights files of PyTorch and of safetensors, without their packages."""

import json
import pickle
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest

from keras_transformer.errors import InputError
from keras_transformer.importing.safetensors_file import SafetensorsFile
from keras_transformer.importing.tensor_files import open_tensors
from keras_transformer.importing.torch_file import TorchFile


def write_header(path, header, data=b""):
    encoded = header if isinstance(header, bytes) else json.dumps(header).encode("utf-8")
    path.write_bytes(len(encoded).to_bytes(8, "little") + encoded + data)


def entry(start=0, end=8, shape=(2,), dtype="F32"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}


@pytest.mark.parametrize(
    ("header", "size", "reason"),
    [
        (b"[]", 0, "header is damaged"),
        (b"{}}", 0, "header is damaged"),
        (b'{"a": 1, "a": 1}', 0, "header is damaged"),
        (b"[" * 100_000, 0, "header is damaged"),
        ({"a": 1}, 0, "'a' is damaged"),
        ({"a": entry(dtype="F31")}, 8, "'a' is damaged"),
        ({"a": entry(dtype=["F32"])}, 8, "'a' is damaged"),
        ({"a": entry(shape=(-2,))}, 8, "'a' is damaged"),
        ({"a": entry(shape=(True,))}, 8, "'a' is damaged"),
        ({"a": entry(shape=(2**62, 2**62))}, 8, "'a' is damaged"),
        ({"a": entry(shape=(1,) * 64 + (2,))}, 8, "'a' is damaged"),
        ({"a": entry(shape=(2**63,))}, 8, "'a' is damaged"),
        (b'{"a": {"shape": [' + b"7" * 21 + b"]}}", 0, "header is damaged"),
        ({"a": entry(8, 0)}, 8, "'a' is damaged"),
        ({"a": entry()}, 7, "need .* bytes and the file has"),
        ({"a": entry()}, 9, "need .* bytes and the file has"),
        ({"a": entry(), "b": entry()}, 8, "overlap"),
        ({"a": entry(), "b": entry(12, 20)}, 20, "gaps"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_damaged_safetensors_file_is_refused(header, size, reason, tmp_path):
    write_header(tmp_path / "a", header, bytes(size))
    with pytest.raises(InputError, match=f"a: expected a safetensors file, but .*{reason}"):
        SafetensorsFile(tmp_path / "a")


@pytest.mark.parametrize("content", [b"", b"1234567", (2**63).to_bytes(8, "little") + b"{}"], ids=str)
def test_a_cut_header_is_refused(content, tmp_path):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(InputError, match="header is cut"):
        SafetensorsFile(tmp_path / "a")


def test_a_header_of_long_numbers_is_refused_at_once(tmp_path):
    numbers = b",".join([b"9" * 4000] * 4000)
    write_header(tmp_path / "a", b'{"a": {"dtype": "F32", "shape": [%b], "data_offsets": [0, 8]}}' % numbers)
    start = time.process_time()
    with pytest.raises(InputError, match="header is damaged"):
        SafetensorsFile(tmp_path / "a")
    assert time.process_time() - start < 1


def test_halves_and_bfloat16_become_float32(tmp_path):
    halves = np.array([1.5, -2.0], "<f2")
    upper = (np.array([1.0, -3.5], "<f4").view("<u4") >> 16).astype("<u2")
    doubles = np.array([1e-3, 7.0], "<f8")
    header = {
        "__metadata__": {"format": "pt"},
        "half": entry(0, 4, dtype="F16"),
        "upper": entry(4, 8, dtype="BF16"),
        "double": entry(8, 24, dtype="F64"),
        "whole": entry(24, 26, dtype="U8"),
    }
    write_header(tmp_path / "a", header, halves.tobytes() + upper.tobytes() + doubles.tobytes() + b"12")
    file = SafetensorsFile(tmp_path / "a")
    assert file.read("half").tolist() == [1.5, -2.0]
    assert file.read("upper").tolist() == [1.0, -3.5]
    assert file.read("double").dtype == "float32"
    with pytest.raises(InputError, match="whole: expected a tensor of one of the types .*Received: U8"):
        file.read("whole")


def test_a_number_beyond_float32_is_refused(tmp_path):
    write_header(tmp_path / "a", {"a": entry(0, 8, (1,), "F64")}, np.array([1e300]).tobytes())
    with pytest.raises(InputError, match="expected finite numbers"):
        SafetensorsFile(tmp_path / "a").read("a")


class Call:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("content", [Call(print, "ran"), {"a": Call(eval, "print('ran')")}, [Call(open, "ran", "w")]])
def test_a_pickle_with_code_is_refused_and_not_run(content, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with zipfile.ZipFile("a.bin", "w") as archive:
            archive.writestr("archive/data.pkl", pickle.dumps(content, protocol))
        with pytest.raises(InputError, match="a.bin: only tensors are read .* which is code"):
            TorchFile(tmp_path / "a.bin")
    assert capsys.readouterr().out == ""
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "pickled",
    [
        b"",
        b"}.",
        b"cos\nsystem\n.",
        b"r\xff\xff\xff\xff.",
        b"}r\xff\xff\xff\x7f.",
        b"ctorch\nFloatStorage\nb.",
        b"K\1Q.",
    ],
    ids=str,
)
def test_a_damaged_pickle_is_refused(pickled, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.bin", "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
    if pickled in (b"}.", b"}r\xff\xff\xff\x7f."):
        assert TorchFile(tmp_path / "a.bin").tensors == {}
    else:
        with pytest.raises(InputError, match=r"a\.bin"):
            TorchFile(tmp_path / "a.bin")


def doubled(number):
    """A pickled tuple that has itself twice, in as many levels. Its hash would take forever."""
    return b")" + b"".join(b"q\x00h\x00\x86" for _ in range(number))


ENDLESS_PICKLES = {
    "copies": b"\x80\x02})" + b"2\x86" * 45 + b"K\x01s.",
    "item": b"\x80\x02}" + doubled(45) + b"K\x01s.",
    "items": b"\x80\x02}(" + doubled(45) + b"K\x01u.",
    "dictionary": b"\x80\x02(" + doubled(45) + b"K\x01d.",
    "arguments": b"\x80\x02ccollections\nOrderedDict\n](" + doubled(45) + b"K\x01\x86e\x85R.",
    "many arguments": b"\x80\x02ctorch._utils\n_rebuild_parameter\n(" + b"K\x01" * 17 + b"tR.",
    "bytes": b"\x80\x05\x96" + (2**33).to_bytes(8, "little") + b".",
}
READ_ALL = """
import sys
from keras_transformer.importing.torch_file import TorchFile

for path in sys.argv[1:]:
    try:
        TorchFile(path)
    except ValueError as error:
        print(error, flush=True)
"""


def test_a_pickle_that_would_run_forever_is_refused(tmp_path):
    paths = [tmp_path / f"{name}.bin" for name in ENDLESS_PICKLES]
    for path, pickled in zip(paths, ENDLESS_PICKLES.values()):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", pickled)
    command = [sys.executable, "-c", READ_ALL, *paths]  # In a process of its own, which can be ended.
    lines = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=20).stdout.splitlines()
    for path, line in zip(paths, lines, strict=True):
        assert line.startswith(f"{path}: expected a file of PyTorch's zip format")


def test_sharded_weights_are_refused(tmp_path):
    (tmp_path / "model.safetensors.index.json").write_text("{}")
    with pytest.raises(InputError, match="index.json: weights in several files"):
        open_tensors(tmp_path)


@pytest.mark.slow
def test_tensors_of_pytorch_and_of_safetensors_are_read(tmp_path):
    torch = pytest.importorskip("torch")
    safetensors = pytest.importorskip("safetensors.torch")
    base = torch.arange(12, dtype=torch.float32).reshape(3, 4)
    tensors = {
        "plain": base.clone(),
        "half": base.half(),
        "upper": base.bfloat16(),
        "double": base.double(),
        "scalar": torch.tensor(2.5),
        "row": base[1],
        "parameter": torch.nn.Parameter(base.clone()),
    }
    torch.save(tensors, tmp_path / "a.bin")
    torch.save(torch.nn.Linear(3, 2).state_dict(), tmp_path / "b.bin")
    clones = {name: tensor.detach().clone() for name, tensor in tensors.items()}
    safetensors.save_file(clones, tmp_path / "a.safetensors")
    for file in (TorchFile(tmp_path / "a.bin"), SafetensorsFile(tmp_path / "a.safetensors")):
        for name, tensor in tensors.items():
            np.testing.assert_array_equal(file.read(name), tensor.detach().float().numpy())
        assert file.read("plain", slice(1, 3)).tolist() == base[1:3].tolist()
    assert TorchFile(tmp_path / "b.bin").tensors["weight"].shape == (2, 3)
    content = (tmp_path / "a.bin").read_bytes()
    (tmp_path / "c.bin").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="c.bin: expected a file of PyTorch's zip format, but it is cut"):
        TorchFile(tmp_path / "c.bin")
    torch.save({"view": base.T}, tmp_path / "d.bin")
    with pytest.raises(InputError, match="view is a view of another tensor"):
        TorchFile(tmp_path / "d.bin")
    torch.save({"a": base}, tmp_path / "e.bin", _use_new_zipfile_serialization=False)
    with pytest.raises(InputError, match="before PyTorch 1.6"):
        TorchFile(tmp_path / "e.bin")
    torch.save(torch.nn.Linear(3, 2), tmp_path / "f.bin")
    with pytest.raises(InputError, match="which is code"):
        TorchFile(tmp_path / "f.bin")
