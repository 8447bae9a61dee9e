"""The options of sampling, prefixes and excluded tokens in `translate` and `export`, and ensembles."""

import gzip
import os

import pytest

from keras_transformer.generation import SearchSettings
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.text import learn_vocabulary
from keras_transformer.translator import Translator

TEXTS = ["the cat sees bread .", "a man likes the house .", "", "the dog", "the child buys an apple .", "the dog"]
PREFIXES = ["der Hund", "", "ein Mann", "die", "", ""]
LINES = "".join(text + "\n" for text in TEXTS).encode()


@pytest.fixture
def prefix_file(tmp_path):
    path = tmp_path / "prefixes"
    path.write_text("".join(prefix + "\n" for prefix in PREFIXES), encoding="utf-8")
    return path


@pytest.mark.usefixtures("warm")
class TestTranslate:
    @pytest.fixture
    def translate(self, run, model):
        return lambda *arguments, stdin=LINES: run("translate", model, *arguments, stdin=stdin)

    def test_the_same_seed_gives_the_same_samples_in_any_batch_and_order(self, translate):
        options = ("--sample", "--n-best", 2, "--temperature", 3, "--seed", 7, "--scores")
        found = translate(*options).lines
        pairs = [found[start : start + 2] for start in range(0, 12, 2)]
        assert translate(*options, "--batch-size", 1).lines == found
        turned = translate(*options, "--batch-size", 2, stdin="\n".join(reversed(TEXTS)).encode()).lines
        assert [turned[start : start + 2] for start in range(0, 12, 2)] == pairs[::-1]
        assert pairs[2] == ["0.0000\t", "0.0000\t"]
        assert pairs[3] == pairs[5]
        scores = [[float(line.split("\t")[0]) for line in pair] for pair in pairs]
        assert all(first >= second for first, second in scores)
        assert translate(*options[:6], "--seed", 8, "--scores").lines != found

    def test_every_line_begins_with_its_prefix(self, translate, translator, prefix_file):
        found = translate("--prefix", prefix_file, "--batch-size", 4).lines
        expected = translator.translate(TEXTS)
        assert [found[place] for place in (1, 2, 4, 5)] == [expected[place] for place in (1, 2, 4, 5)]
        assert found[0].startswith("der Hund")
        assert found[0] != expected[0]
        assert found[3].startswith("die")

    def test_compressed_prefixes_are_read(self, translate, prefix_file, translator):
        prefix_file.write_bytes(gzip.compress(prefix_file.read_bytes()))
        assert translate("--prefix", prefix_file).lines == translator.translate(TEXTS, prefixes=PREFIXES)

    def test_prefixes_go_with_all_other_rules(self, translate, translator, prefix_file):
        options = ("--prefix", prefix_file, "--no-repeat-ngram", 2, "--min-length", 12, "--n-best", 2)
        found = translate(*options, "--beam-size", 2).lines
        assert len(found) == 12
        assert all(line.startswith("der Hund") for line in found[:2])
        # The rules are those of the generated tokens. The tokens of the text can be fewer.
        settings = SearchSettings(beam_size=2, n_best=2, no_repeat_ngram=2, min_length=12)
        expected = translator.translate(TEXTS, settings=settings, prefixes=PREFIXES)
        assert found == [line for lines in expected for line in lines]

    def test_fewer_prefixes_than_lines_are_refused_before_any_work(self, translate, prefix_file, tmp_path, monkeypatch):
        monkeypatch.setattr(Translator, "load", None)
        (tmp_path / "text").write_bytes(LINES + b"one more\n")
        output = tmp_path / "output"
        message = "expected a prefix for each of the 7 lines of"
        for options in (("--input", tmp_path / "text"), ()):
            result = translate("--prefix", prefix_file, "--output", output, *options, stdin=LINES + b"one more")
            result.assert_one_error(f"{prefix_file}: {message}", "Received: 6 lines.")
        assert not output.exists()

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"der Hund\n\n" + b"x" * 90 + b"\n\n\n\n", "prefixes, line 3: A prefix must have fewer tokens than"),
            (b"der Hund\n\xff\n\n\n\n\n", "prefixes, line 2: expected UTF-8, but byte 1 of the line is 0xff"),
        ],
    )
    def test_a_wrong_prefix_is_found_before_the_output_is_replaced(self, translate, tmp_path, content, message):
        (tmp_path / "prefixes").write_bytes(content)
        (tmp_path / "text").write_bytes(LINES)
        output = tmp_path / "output"
        output.write_text("before\n")
        for options in (("--input", tmp_path / "text"), ()):
            result = translate("--prefix", tmp_path / "prefixes", "--output", output, *options)
            result.assert_one_error(message)
            assert output.read_text() == "before\n"

    def test_prefixes_of_a_pipe_are_read(self, translate, prefix_file, translator):
        read, write = os.pipe()
        os.write(write, prefix_file.read_bytes())
        os.close(write)
        found = translate("--prefix", f"/dev/fd/{read}")
        os.close(read)
        assert found.lines == translator.translate(TEXTS, prefixes=PREFIXES)

    @pytest.mark.filterwarnings("default")
    def test_more_prefixes_than_lines_are_reported(self, translate, prefix_file):
        result = translate("--prefix", prefix_file, stdin=b"\n")
        assert result.lines == [""]
        assert "6 lines, but standard input has only 1. The others are ignored." in result.errors

    @pytest.mark.parametrize(
        "options, message",
        [
            (("--sample", "--beam-size", 4), "--sample draws each token, without a beam. Remove --beam-size."),
            (("--temperature", 2), "--temperature needs --sample."),
            (("--top-k", 2), "--top-k needs --sample."),
            (("--top-p", 0.5), "--top-p needs --sample."),
            (("--seed", 0), "--seed needs --sample."),
            (("--sample", "--top-p", 0), "'--top-p'"),
            (("--sample", "--temperature", "nan"), "`temperature` must be from 0.01 to 100. Received: temperature=nan"),
            (("--min-length", 40), "`min_length` must be below `max_length`"),
            (("--no-repeat-ngram", 0), "'--no-repeat-ngram'"),
            (("--split-sentences", "--prefix", "FILE"), "--prefix excludes --split-sentences"),
            (("--prefix", "missing"), "missing: No such file or directory."),
        ],
    )
    def test_wrong_options_are_refused_in_one_line(self, translate, options, message):
        translate(*options).assert_one_error(message)


class TestEnsembles:
    @pytest.fixture
    def other_model(self, tmp_path):
        """An untrained model with another vocabulary."""
        tokenizer = learn_vocabulary(["other text", "of other words"])
        size = tokenizer.vocabulary_size
        config = TransformerConfig.from_preset("tiny", vocabulary_size=size, num_encoder_layers=1, num_decoder_layers=1)
        Translator(build_transformer(config), tokenizer).save(tmp_path / "other")
        return tmp_path / "other"

    def test_a_model_with_itself_gives_its_translations(self, run, model, translator):
        found = run("translate", model, model, "--scores", stdin=LINES).lines
        texts, scores = translator.translate(TEXTS, return_scores=True)
        assert [line.split("\t")[1] for line in found] == texts
        assert [float(line.split("\t")[0]) for line in found] == pytest.approx(scores, abs=1e-3)

    def test_other_vocabularies_and_formats_are_refused(self, run, model, other_model):
        result = run("translate", model, other_model, stdin=LINES)
        result.assert_one_error(f"The source vocabularies of {model} and {other_model} differ.")
        result = run("export", model, model, "--format", "web")
        result.assert_one_error(
            "An ensemble needs --format saved_model or tflite. Received: 2 models and --format web."
        )

    @pytest.mark.slow
    @pytest.mark.parametrize("artifact_format", ["saved_model", "tflite"])
    def test_an_ensemble_is_one_artifact(self, run, model, tmp_path, artifact_format, monkeypatch):
        monkeypatch.chdir(tmp_path)
        result = run("export", model, model, "--format", artifact_format)
        assert result.status == 0, result.errors
        path = tmp_path / result.lines[-1]
        assert path.exists()
        assert "model-ensemble" in str(path)
        card = path / "README.md" if path.is_dir() else path.with_name(f"{path.name}.md")
        assert "An ensemble of 2 encoder-decoder Transformers" in card.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("artifact_format", ["saved_model", "tflite"])
@pytest.mark.parametrize(
    "options",
    [
        ("--sample", "--top-p", 0.9, "--seed", 3, "--temperature", 1.5),
        ("--no-repeat-ngram", 2, "--min-length", 9, "--beam-size", 2),
    ],
    ids=["sampling", "rules"],
)
def test_an_artifact_with_search_options_equals_the_model(run, model, tmp_path, artifact_format, options, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = (*options, *(("--prefix-signature",) if artifact_format == "saved_model" else ()))
    result = run("export", model, "--format", artifact_format, *options)
    assert result.status == 0, result.errors
    path = tmp_path / result.lines[-1]
    card = path / "README.md" if path.is_dir() else path.with_name(f"{path.name}.md")
    assert f"{str(options[0]).removeprefix('--').replace('-', ' ')} " in card.read_text()


@pytest.mark.parametrize(
    "artifact_format, advice",
    [
        ("saved_model", "--prefix-signature adds them as an input"),
        ("tflite", "Use --format saved_model --prefix-signature"),
        ("ctranslate2", "`target_prefix` of each call"),
    ],
)
def test_export_refuses_prefixes_of_given_texts(run, model, artifact_format, advice):
    result = run("export", model, "--format", artifact_format, "--prefix", "FILE")
    result.assert_one_error("--prefix has the beginnings of given texts", advice)


@pytest.mark.parametrize(
    "options, message",
    [
        (("--format", "tflite", "--prefix-signature"), "--prefix-signature needs --format saved_model."),
        (("--format", "tflite", "--sample", "--beam-size", 2), "--sample draws each token, without a beam."),
        (("--format", "tflite", "--min-length", 40), "`min_length` must be below `max_length`"),
    ],
)
def test_export_refuses_wrong_options(run, model, options, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run("export", model, *options).assert_one_error(message)
    assert list(tmp_path.iterdir()) == [tmp_path / "standard_input"]
