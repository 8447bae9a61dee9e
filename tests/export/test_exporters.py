import json

import pytest

from keras_transformer.errors import ExportError, InputError
from keras_transformer.export import EXPORTERS, Exporter, get_exporter
from keras_transformer.export.exporters import exporter_class, formats_with
from keras_transformer.models import Ensemble
from keras_transformer.translator import Translator

VALUES = {"quantize": "int8", "text": True, "text_signature": False}


class FileExporter(Exporter):
    """A format of one file."""

    name = "table"
    title = "a table"
    suffix = ".tsv"
    options = frozenset({"quantize", "text"})

    def write(self, translator, artifact, settings):
        artifact.write_text("new")

    def run(self, artifact, translator, texts, settings):
        raise AssertionError("no proof")

    def card(self, translator):
        return ["Look the text up."]


class FolderExporter(FileExporter):
    """A format of a folder."""

    suffix = ""

    def write(self, translator, artifact, settings):
        (artifact / "table.tsv").write_text("new")


class FormatWithoutFile(FileExporter):
    def write(self, translator, artifact, settings):
        pass


@pytest.mark.parametrize("name", EXPORTERS)
def test_every_format_is_registered_under_its_name(name):
    assert issubclass(exporter_class(name), Exporter)
    assert get_exporter(name).name == get_exporter(name).label == name
    known = "quantize text text_signature n_best litert prefix_signature ensemble shortlist jit"
    assert exporter_class(name).options <= set(known.split())


@pytest.mark.parametrize("option", VALUES)
@pytest.mark.parametrize("name", EXPORTERS)
def test_a_format_takes_its_options_and_no_others(name, option):
    if name in formats_with(option):
        assert getattr(get_exporter(name, **{option: VALUES[option]}), option) == VALUES[option]
    else:
        message = f"The format {name} does not support `{option}`. Received: {option}={VALUES[option]!r}."
        with pytest.raises(InputError, match=message):
            get_exporter(name, **{option: VALUES[option]})


def test_a_label_names_a_format_with_text():
    exporter = get_exporter("tflite text", quantize="int8")
    assert (exporter.text, exporter.quantize, exporter.label) == (True, "int8", "tflite text")


@pytest.mark.parametrize("name", ["no_format", "tflite texts", ""])
def test_an_unknown_format_is_refused(name):
    with pytest.raises(InputError, match=rf"`format` must be one of {', '.join(EXPORTERS)}. Received: format="):
        get_exporter(name)


def test_an_unknown_quantisation_is_refused():
    with pytest.raises(InputError, match="`quantize` must be None or one of float16, int8. Received: 'int4'."):
        get_exporter("tflite", quantize="int4")


@pytest.mark.parametrize("member", ["write", "run", "card"])
def test_a_format_without_a_method_cannot_be_created(member, monkeypatch):
    monkeypatch.setitem(EXPORTERS, "table", type("Incomplete", (FileExporter,), {member: getattr(Exporter, member)}))
    with pytest.raises(TypeError, match=rf"Incomplete .*\b{member}\b"):
        get_exporter("table")


@pytest.mark.parametrize("member", ["name", "title"])
def test_a_format_without_an_attribute_cannot_be_created(member):
    with pytest.raises(TypeError, match=f"Incomplete must set the class attribute `{member}` to a string."):
        type("Incomplete", (FileExporter,), {member: None})()


@pytest.mark.parametrize(
    "exporter, name",
    [
        (FileExporter(), "my.tsv"),
        (FileExporter("int8", text=True), "my-text-int8.tsv"),
        (FolderExporter(), "my-table"),
        (FolderExporter("float16"), "my-table-float16"),
    ],
)
def test_the_default_name_has_the_options(exporter, name):
    assert exporter.default_name("my") == name


def test_a_file_replaces_an_earlier_one_and_its_verification(small_translator, tmp_path):
    path = tmp_path / "my.tsv"
    assert FileExporter().export(small_translator, path) == path
    assert {file.name for file in tmp_path.iterdir()} == {"my.tsv", "my.tsv.md"}
    path.write_text("old")
    (tmp_path / "verification.json").write_text(json.dumps({"artifact": "my.tsv"}))
    FileExporter().export(small_translator, path)
    assert path.read_text() == "new"
    assert {file.name for file in tmp_path.iterdir()} == {"my.tsv", "my.tsv.md"}


def test_the_verification_of_another_file_is_kept(small_translator, tmp_path):
    (tmp_path / "my.tsv").write_text("old")
    (tmp_path / "verification.json").write_text(json.dumps({"artifact": "other.tsv"}))
    FileExporter().export(small_translator, tmp_path / "my.tsv")
    assert (tmp_path / "verification.json").exists()


def test_a_folder_is_placed_only_where_there_is_none(small_translator, tmp_path, monkeypatch):
    path = tmp_path / "exports" / "my"
    assert FolderExporter().export(small_translator, path) == path
    assert {file.name for file in path.iterdir()} == {"table.tsv", "README.md"}
    assert [folder.name for folder in path.parent.iterdir()] == ["my"]
    monkeypatch.setattr(FolderExporter, "write", None)  # The error is raised before any work.
    with pytest.raises(InputError, match="my exists already and is not overwritten"):
        FolderExporter().export(small_translator, path)


def test_a_file_of_another_name_or_in_place_of_a_folder_is_refused(small_translator, tmp_path):
    with pytest.raises(InputError, match="A table must be named NAME.tsv. Received: .*my.txt."):
        FileExporter().export(small_translator, tmp_path / "my.txt")
    (tmp_path / "my.tsv").mkdir()
    with pytest.raises(InputError, match="my.tsv: expected a file to write, but it is a folder."):
        FileExporter().export(small_translator, tmp_path / "my.tsv")


def test_an_ensemble_is_refused_by_a_format_of_one_model(small_translator, tmp_path):
    ensemble = Ensemble([small_translator.model] * 2)
    with pytest.raises(InputError, match="The format table does not support ensembles. Received: 2 models."):
        FileExporter().export(Translator(ensemble, small_translator.tokenizers), tmp_path / "my.tsv")


def test_prefixes_are_refused_by_a_format_without_them():
    with pytest.raises(InputError, match="The format tflite does not support `prefix_signature`. Received: .*=True."):
        get_exporter("tflite", prefix_signature=True)
    assert get_exporter("saved_model", prefix_signature=True).prefix_signature


def test_a_format_that_writes_no_file_is_an_error(small_translator, tmp_path):
    with pytest.raises(ExportError, match="FormatWithoutFile.write must write the file `artifact`. Received: no file."):
        FormatWithoutFile().export(small_translator, tmp_path / "my.tsv")
    assert list(tmp_path.iterdir()) == []
