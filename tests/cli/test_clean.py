import json
import os
import subprocess
import sys

import pytest

ENGLISH = "A man reads a newspaper.\nA dog runs.\nTwo children play outside.\nTwo children play outside.\n"
GERMAN = "Ein Mann liest eine Zeitung.\n\nZwei Kinder spielen draußen.\nZwei Kinder spielen draußen.\n"


@pytest.fixture
def text(tmp_path):
    """Two parallel files in a folder of their own."""
    folder = tmp_path / "text"
    folder.mkdir()
    (folder / "train.en").write_text(ENGLISH, encoding="utf-8")
    (folder / "train.de").write_text(GERMAN, encoding="utf-8")
    return folder


@pytest.fixture
def sides(text):
    return "--source", text / "train.en", "--target", text / "train.de"


def test_it_prints_the_counts_and_the_paths(run, sides, text):
    result = run("clean", *sides, "--output-prefix", text / "clean", "--report", text / "report.json")
    assert (result.status, result.errors) == (0, "")
    table, paths = result.lines[:-3], result.lines[-3:]
    assert table[0].split() == ["rule", "dropped", "first", "example"]
    assert "empty" + " " * 24 + "1  pair 2: the target is empty" in table
    assert table[-1].endswith("2  of 4 pairs")
    assert paths == [str(text / name) for name in ("clean.en", "clean.de", "clean.dropped.jsonl")]
    assert (text / "clean.de").read_text() == "Ein Mann liest eine Zeitung.\nZwei Kinder spielen draußen.\n"
    report = json.loads((text / "report.json").read_text())
    assert (report["pairs"], report["kept"], report["rules"]["duplicate"]["dropped"]) == (4, 2, 1)


def test_a_dry_run_writes_only_the_report(run, sides, text):
    result = run("clean", *sides, "--dry-run", "--report", text / "report.json", "--output-prefix", text / "clean")
    assert (result.status, result.errors) == (0, "")
    assert result.lines[-1].endswith("2  of 4 pairs")
    assert sorted(os.listdir(text)) == ["report.json", "train.de", "train.en"]
    assert run("clean", *sides, "--dry-run", "--source-language", "ko").lines[-1].endswith("0  of 4 pairs")


def test_too_many_dropped_pairs_are_an_error(run, sides, text):
    arguments = ("clean", *sides, "--output-prefix", text / "clean", "--source-language", "ko")
    run(*arguments).assert_one_error("4 of 4 pairs would be dropped", "the rule script", "Nothing was written")
    assert sorted(os.listdir(text)) == ["train.de", "train.en"]
    result = run(*arguments, "--max-dropped", "1")
    assert result.status == 0
    assert (text / "clean.en").read_text() == ""


def test_rules_can_be_left_out_and_sides_be_unique(run, sides, text):
    result = run("clean", *sides, "--dry-run", "--without", "duplicate", "--without", "empty", "--unique-source")
    assert result.lines[-1].endswith("of 4 pairs")
    assert any(line.startswith("duplicate_source") and " 1  pair 4" in line for line in result.lines)
    assert any(line.startswith("empty") and "(not checked: disabled)" in line for line in result.lines)


def test_it_reads_pipes(run, sides, text):
    descriptors = []
    for content in (ENGLISH, GERMAN):
        reader, writer = os.pipe()
        os.write(writer, content.encode("utf-8"))
        os.close(writer)
        descriptors.append(reader)
    source, target = (f"/dev/fd/{each}" for each in descriptors)
    result = run("clean", "--source", source, "--target", target, "--output-prefix", text / "clean")
    for each in descriptors:
        os.close(each)
    assert result.lines[-1] == str(text / "clean.dropped.jsonl")
    assert len((text / "clean.source").read_text().splitlines()) == 2


def test_a_tsv_file(run, corpus):
    arguments = ("--tsv", corpus / "pairs.tsv", "--source-column", "3", "--target-column", "2")
    result = run("clean", *arguments, "--output-prefix", corpus / "clean")
    assert (result.status, result.errors) == (0, "")
    assert (corpus / "clean.tsv").read_bytes() == (corpus / "pairs.tsv").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["--source", "a"], ["--source FILE and --target FILE, or --tsv FILE"]),
        (["--source", "a", "--target", "b", "--tsv", "c"], ["either --source and --target, or --tsv"]),
        (["--source", "a", "--target", "b"], ["--output-prefix PREFIX, or --dry-run"]),
        (["--tsv", "a", "--dry-run", "--source-language", "english!"], ["english!"]),
        (["--tsv", "a", "--dry-run", "--without", "noise"], ["noise"]),
        (["--tsv", "a", "--dry-run", "--max-length-ratio", "1"], ["--max-length-ratio"]),
        (["--tsv", "a", "--dry-run"], ["a: No such file or directory"]),
    ],
)
def test_wrong_options_are_one_error(run, arguments, parts, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run("clean", *arguments).assert_one_error(*parts)


@pytest.mark.parametrize("prefix", [".", "..", "/"])
def test_the_prefix_has_a_file_name(run, sides, prefix):
    run("clean", *sides, "--output-prefix", prefix).assert_one_error(f"{prefix}: expected the beginning of a file name")


def test_the_folder_of_the_outputs_must_exist(run, sides, text):
    run("clean", *sides, "--output-prefix", text / "no" / "such").assert_one_error("the folder of the outputs does not")


def test_the_report_never_replaces_an_input_or_an_output(run, sides, text):
    for name in ("train.en", "clean.en", "clean.dropped.jsonl"):
        arguments = ("--output-prefix", text / "clean", "--report", text / name)
        run("clean", *sides, *arguments).assert_one_error(f"{name}: --report is an input or another output")
    assert (text / "train.en").read_text() == ENGLISH


def test_it_needs_neither_keras_nor_tensorflow(sides):
    script = "import sys; from keras_transformer.cli.main import main; main(sys.argv[1:])"
    script += "; print(sorted({'keras', 'tensorflow'} & set(sys.modules)))"
    command = [sys.executable, "-c", script, "clean", *map(str, sides), "--dry-run"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.endswith("of 4 pairs\n[]\n")
