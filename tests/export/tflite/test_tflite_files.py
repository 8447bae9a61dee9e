"""The files of an earlier export, and those of the user."""

import pathlib

import pytest
from export_cases import trained_translator

from keras_transformer.errors import ExportError, InputError
from keras_transformer.export import SearchSettings, export_tflite
from keras_transformer.export.tflite.tflite_exporter import TFLiteExporter


@pytest.mark.slow
def test_files_of_an_earlier_export_are_removed(tmp_path):
    translator_of_two = trained_translator(shared=False, steps=0, num_decoder_layers=1)
    (tmp_path / "a.tflite").write_bytes(b"of before")
    (tmp_path / "a.model").write_bytes(b"of before")
    (tmp_path / "verification.json").write_text('{"artifact": "a.tflite"}')
    settings = SearchSettings(beam_size=1)
    export_tflite(translator_of_two, tmp_path / "a.tflite", settings=settings, text_signature=False)
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == ["a.source.model", "a.target.model", "a.tflite", "a.tflite.md"]


@pytest.mark.slow
def test_a_users_file_is_kept_at_the_first_export(small_translator, tmp_path):
    (tmp_path / "tokenizer.model").write_bytes(b"mine")
    with pytest.warns(DeprecationWarning, match="`text` .* is deprecated"):
        small_translator.export_tflite(tmp_path / "tokenizer.tflite", text=True, beam_size=1)
    assert (tmp_path / "tokenizer.model").read_bytes() == b"mine"


def test_a_users_file_is_not_overwritten(small_translator, tmp_path):
    (tmp_path / "a.source.model").write_bytes(b"mine")
    with pytest.raises(InputError, match="a.source.model exists already, does not belong to a.tflite"):
        small_translator.export_tflite(tmp_path / "a.tflite")
    assert [path.name for path in tmp_path.iterdir()] == ["a.source.model"]


@pytest.fixture
def staged(tmp_path):
    """The folder of a new export, before it replaces an earlier one with a model in `tmp_path`."""
    (tmp_path / "a.tflite").touch()
    (tmp_path / "a.model").write_bytes(b"of before")
    folder = tmp_path / "staged"
    folder.mkdir()
    (folder / "a.tflite").write_bytes(b"new")
    return folder


def test_a_users_file_is_kept_at_a_second_export_with_text(small_translator, staged):
    TFLiteExporter(text=True).place(small_translator, staged, staged.parent / "a.tflite")
    assert (staged.parent / "a.tflite").read_bytes() == b"new"
    assert (staged.parent / "a.model").read_bytes() == b"of before"


def test_files_of_an_earlier_export_are_kept_until_the_new_ones_are_there(small_translator, staged):
    (staged / "a.tflite.md").touch()
    (staged.parent / "a.tflite.md").mkdir()
    with pytest.raises(IsADirectoryError):
        TFLiteExporter().place(small_translator, staged, staged.parent / "a.tflite")
    assert (staged.parent / "a.model").read_bytes() == b"of before"
    (staged / "a.tflite").touch()
    (staged.parent / "a.tflite.md").rmdir()
    TFLiteExporter().place(small_translator, staged, staged.parent / "a.tflite")
    assert sorted(path.name for path in staged.parent.iterdir()) == ["a.tflite", "a.tflite.md", "staged"]


@pytest.mark.slow
def test_an_earlier_file_is_kept_if_the_proof_fails(small_translator, tmp_path):
    path = tmp_path / "ko_en.tflite"
    path.write_bytes(b"before")

    def fail(file):
        assert pathlib.Path(file).is_file()
        raise ExportError("no")

    settings = SearchSettings(beam_size=1)
    with pytest.raises(ExportError, match="no"):
        export_tflite(small_translator, path, settings=settings, prove=fail, text_signature=False)
    assert path.read_bytes() == b"before"
    assert [file.name for file in tmp_path.iterdir()] == ["ko_en.tflite"]
