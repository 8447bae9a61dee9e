import math

import pytest

pytestmark = pytest.mark.usefixtures("warm")


@pytest.fixture
def validation(trained):
    """The two files and their pairs."""
    files = [trained / "validation.en", trained / "validation.de"]
    return files, list(zip(*(file.read_text().splitlines() for file in files), strict=True))


def test_every_pair_has_its_log_probability_its_tokens_and_their_mean(run, model, validation, translator):
    (source, target), pairs = validation
    result = run("score", model, "--source", source, "--target", target)
    assert (result.status, result.errors) == (0, "")
    lines = []
    for (_, text), log_probability in zip(pairs, translator.score(pairs), strict=True):
        tokens = len(translator.target_tokenizer.tokenize(text)) + 1  # And the end.
        lines.append(f"{log_probability:.4f}\t{tokens}\t{log_probability / tokens:.4f}")
    assert result.lines == lines


def test_an_empty_translation_has_one_token(run, model, tmp_path):
    path = tmp_path / "blank"
    path.write_text("the dog\n\n")
    result = run("score", model, "--source", path, "--target", path)
    log_probability, tokens, mean = result.lines[1].split("\t")
    assert (tokens, mean) == ("1", log_probability)


def test_the_perplexity_is_that_of_all_tokens(run, model, validation, translator):
    (source, target), pairs = validation
    result = run("score", model, "--source", source, "--target", target, "--perplexity")
    tokens = sum(len(translator.target_tokenizer.tokenize(text)) + 1 for _, text in pairs)
    expected = math.exp(-sum(translator.score(pairs)) / tokens)
    assert (result.status, result.lines) == (0, [f"{expected:.4f}"])


def test_files_of_different_lengths_are_refused(run, model, trained, tmp_path):
    short = tmp_path / "short"
    short.write_text("one\ntwo\n")
    result = run("score", model, "--source", short, "--target", trained / "validation.de")
    result.assert_one_error(f"{short} has 2", "has 16.")


def test_a_line_that_is_no_utf8_is_named(run, model, tmp_path):
    path = tmp_path / "latin1"
    path.write_bytes(b"one\nB\xe4ume\n")
    run("score", model, "--source", path, "--target", path).assert_one_error(f"{path}, line 2: expected UTF-8")


@pytest.mark.filterwarnings("default")
def test_lines_that_are_cut_are_counted_with_a_warning(run, model, tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_text(f"the dog\n{'x' * 50}\nthe cat\n")
    target.write_text(f"{'y' * 50}\n{'z' * 60}\ndie Katze\n")
    result = run("score", model, "--source", source, "--target", target)
    assert result.status == 0
    assert [line.split("\t")[1] for line in result.lines[:2]] == ["40", "40"]
    assert result.errors.splitlines() == [
        f"keras-transformer: warning: {count} of 3 texts have more than 39 tokens and are cut there. The first begins "
        f"with '{letter * 40}'."
        for count, letter in ((1, "x"), (2, "y"))
    ]
