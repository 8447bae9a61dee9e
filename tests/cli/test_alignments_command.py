import subprocess
import sys

import pytest

pytestmark = pytest.mark.usefixtures("warm")

TEXTS = ["the cat sees bread .", "", "a man likes the house ."]
STDIN = "\n".join(TEXTS).encode() + b"\n"


def written(links):
    return " ".join(f"{source}-{target}" for source, target in links)


@pytest.mark.parametrize("n_best", [1, 2])
def test_each_translation_has_a_line_of_alignments(run, model, translator, tmp_path, n_best):
    file = tmp_path / "alignments.txt"
    plain = run("translate", model, "--n-best", str(n_best), stdin=STDIN)
    result = run("translate", model, "--n-best", str(n_best), "--alignments", file, stdin=STDIN)
    assert result == plain
    pairs = list(zip([text for text in TEXTS for _ in range(n_best)], result.lines, strict=True))
    links = translator.align(pairs)
    assert file.read_text().splitlines() == list(map(written, links))
    for (_, translation), links_of_pair in zip(pairs, links, strict=True):
        assert {target for _, target in links_of_pair} == set(range(len(translation.split())))
    assert any(links)


@pytest.mark.parametrize("options", [(), ("--scores",), ("--n-best", "2")])
def test_without_a_file_the_links_follow_the_translations(run, model, tmp_path, options):
    file = tmp_path / "alignments.txt"
    plain = run("translate", model, *options, "--alignments", file, stdin=STDIN)
    expected = [f"{line}\t{links}" for line, links in zip(plain.lines, file.read_text().split("\n"))]
    for arguments in ((*options, "--alignments"), ("--alignments", *options, "--batch-size", "2")):
        result = run("translate", model, *arguments, stdin=STDIN)
        assert (result.status, result.errors) == (0, "")
        assert result.lines == expected
    output = tmp_path / "output.txt"
    assert run("translate", model, *options, "--alignments", "--output", output, stdin=STDIN).output == ""
    assert output.read_text().splitlines() == expected


def test_sentences_are_aligned_separately_with_the_positions_of_the_line(run, model, translator, tmp_path):
    pytest.importorskip("sentencex")
    file = tmp_path / "alignments.txt"
    sentences = ["the cat sees bread.", "a man likes the house."]
    stdin = "\n".join([" ".join(sentences), "", f"  {sentences[1]}", ""]).encode()
    result = run("translate", model, "--split-sentences", "--alignments", file, stdin=stdin)
    translations = translator.translate(sentences)
    assert result.lines == [" ".join(translations), "", translations[1]]
    first, second = translator.align(list(zip(sentences, translations, strict=True)))
    offset = len(translations[0].split())
    joined = first + [(source + 4, target + offset) for source, target in second]
    assert file.read_text().splitlines() == [written(joined), "", written(second)]


@pytest.mark.slow
def test_an_ensemble_of_one_model_with_itself_aligns_as_the_model(model, tmp_path):
    files = [tmp_path / "one.txt", tmp_path / "two.txt"]
    source = tmp_path / "source.txt"
    source.write_bytes(STDIN)
    for number, file in enumerate(files, 1):
        command = [sys.executable, "-m", "keras_transformer", "translate", *[model] * number]
        command += ["--input", source, "--output", tmp_path / "output", "--alignments", file]
        subprocess.run(command, check=True, timeout=600)
    assert files[0].read_text() == files[1].read_text() != ""


def test_a_file_is_not_written_over_by_another(run, model, tmp_path):
    source = tmp_path / "source.txt"
    source.write_bytes(STDIN)
    run("translate", model, "--input", source, "--alignments", source).assert_one_error("input and output are the same")
    assert source.read_bytes() == STDIN
    both = tmp_path / "both.txt"
    result = run("translate", model, "--input", source, "--output", both, "--alignments", both)
    result.assert_one_error("--output and --alignments are the same file")


@pytest.mark.parametrize("output", ["--output", "--alignments"])
@pytest.mark.parametrize("name", ["--prefix", "--glossary"])
def test_other_files_that_are_read_are_not_written_over(run, model, tmp_path, output, name):
    source, other = tmp_path / "source.txt", tmp_path / "other.txt"
    source.write_bytes(STDIN)
    other.write_text("a\tb\n" * 3)
    result = run("translate", model, "--input", source, name, other, output, other)
    result.assert_one_error(f"{other}: input and output are the same file")
    assert other.read_text() == "a\tb\n" * 3


@pytest.mark.parametrize("output", ["--output", "--alignments"])
def test_standard_input_with_prefixes_is_not_written_over(run, model, tmp_path, output):
    prefixes, standard_input = tmp_path / "prefixes", tmp_path / "standard_input"
    prefixes.write_text("\n\n\n")
    result = run("translate", model, "--prefix", prefixes, output, standard_input, stdin=STDIN)
    result.assert_one_error(f"{standard_input}: input and output are the same file")
    assert standard_input.read_bytes() == STDIN
