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


def test_what_it_cannot_align_is_refused_before_any_work(run, model, tmp_path):
    file = tmp_path / "alignments.txt"
    run("translate", model, "--split-sentences", "--alignments", file, stdin=STDIN).assert_one_error(
        "--split-sentences"
    )
    run("translate", model, model, "--alignments", file, stdin=STDIN).assert_one_error("one model", "2 models")
    assert not file.exists()


def test_a_file_is_not_written_over_by_another(run, model, tmp_path):
    source = tmp_path / "source.txt"
    source.write_bytes(STDIN)
    run("translate", model, "--input", source, "--alignments", source).assert_one_error("input and output are the same")
    assert source.read_bytes() == STDIN
    both = tmp_path / "both.txt"
    result = run("translate", model, "--input", source, "--output", both, "--alignments", both)
    result.assert_one_error("--output and --alignments are the same file")
