"""A new export format: a folder with an `Exporter` and its program, and one line in the registry."""

import json

import pytest

from keras_transformer.export import EXPORTERS, Exporter
from keras_transformer.export.exporters import formats_with
from keras_transformer.export.verification.artifact_runs import run_program

# Looks up a text in the table.
PROGRAM = """\
import json, pathlib, sys

artifact, request, result = map(pathlib.Path, sys.argv[1:])
table = dict(line.split("\\t") for line in artifact.read_text().splitlines())
texts = json.loads(request.read_text())["texts"]
found = {"translations": [table[text] for text in texts], "milliseconds": [1.0] * len(texts)}
result.write_text(json.dumps({**found, "tokens": None, "scores": None}))
"""


class TextPairsExporter(Exporter):
    """A table of texts and their translations."""

    name = "text_pairs"
    title = "a table"
    suffix = ".tsv"
    texts = program = None

    def write(self, translator, artifact, settings):
        pairs = zip(self.texts, self.translations(translator, settings), strict=True)
        artifact.write_text("".join(f"{text}\t{translation}\n" for text, translation in pairs))

    def translations(self, translator, settings):
        return translator.translate(self.texts, settings=settings)

    def run(self, artifact, translator, texts, settings):
        return run_program(self.program, artifact, texts)

    def card(self, translator):
        return ["Look the text up."]


class WrongExporter(TextPairsExporter):
    name = "wrong"

    def translations(self, translator, settings):
        return super().translations(translator, settings)[::-1]


class IncompleteExporter(TextPairsExporter):
    name = "incomplete"
    card = Exporter.card


@pytest.fixture
def formats(model, tmp_path, monkeypatch):
    """Registers the formats while a test runs, in a separate folder for exports."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "program.py").write_text(PROGRAM)
    TextPairsExporter.texts = (model / "validation.source.txt").read_text().splitlines()
    TextPairsExporter.program = tmp_path / "program.py"
    for exporter in (TextPairsExporter, WrongExporter, IncompleteExporter):
        monkeypatch.setitem(EXPORTERS, exporter.name, exporter)


@pytest.mark.usefixtures("formats")
def test_a_registered_format_is_exported_proven_and_described(run, model, tmp_path):
    result = run("export", model, "--format", "text_pairs", "--beam-size", "2")
    assert result.status == 0, result.errors
    assert result.lines[-1] == "saved_models/model.tsv"
    assert any(line.split() == ["identical", "translations", "16", "of", "16"] for line in result.lines)
    folder = tmp_path / "saved_models"
    record = json.loads((folder / "verification.json").read_text())
    assert (record["format"], record["identical"], record["operations"]) == ("text_pairs", 16, None)
    card = (folder / "model.tsv.md").read_text()
    assert card.startswith("# model.tsv\n")
    assert "Look the text up." in card
    assert "The search settings are fixed: beam size 2" in card


@pytest.mark.usefixtures("formats")
def test_a_registered_format_that_is_wrong_fails_its_proof(run, model, tmp_path):
    result = run("export", model, "--format", "wrong", "--beam-size", "1")
    assert result.status == 1
    assert "translations differ from the model's" in result.errors
    assert not (tmp_path / "saved_models").exists()


@pytest.mark.usefixtures("formats")
def test_a_program_with_a_wrong_result_fails_the_proof(run, model, tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM.replace('"scores": None', '"scores": [None] * len(texts)'))
    result = run("export", model, "--format", "text_pairs", "--beam-size", "1")
    assert result.status == 1
    assert "program.py: expected `scores[0]` to be a finite number. Received: None." in result.errors
    assert "internal error" not in result.errors
    assert not (tmp_path / "saved_models").exists()


@pytest.mark.usefixtures("formats")
def test_an_incomplete_format_fails_at_once(run, model, tmp_path):
    result = run("export", model, "--format", "incomplete")
    assert result.status == 1
    assert "IncompleteExporter" in result.errors
    assert "card" in result.errors
    assert not (tmp_path / "saved_models").exists()


@pytest.mark.usefixtures("formats")
def test_arguments_that_a_registered_format_does_not_take_are_refused(run, model):
    run("export", model, "--format", "text_pairs", "--output", "a.txt").assert_one_error("must be named NAME.tsv")
    result = run("export", model, "--format", "text_pairs", "--quantize", "int8")
    formats = " or ".join(formats_with("quantize"))
    result.assert_one_error(f"--quantize needs --format {formats}. Received: --format text_pairs.")


@pytest.mark.usefixtures("formats")
def test_the_help_has_the_registered_formats(run):
    text = " ".join(run("export", "--help").output.split())
    assert f"[{'|'.join(EXPORTERS)}]" in text
    assert "Format of the artifact: " in text
    assert ", a table." in text
    assert f"{', '.join(formats_with('quantize'))}: type of smaller weights." in text


def test_a_format_that_is_not_registered_is_no_choice(run, model):
    run("export", model, "--format", "text_pairs").assert_one_error("'text_pairs' is not one of")
