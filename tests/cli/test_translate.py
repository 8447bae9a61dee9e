import functools
import gzip
import json
import shutil

import pytest

from keras_transformer.text import TextFacts

pytestmark = pytest.mark.usefixtures("warm")

SENTENCE = "the cat sees bread ."


@pytest.fixture
def translate(run, model):
    def translate(*arguments, stdin=b""):
        return run("translate", model, *arguments, stdin=stdin)

    return translate


def test_lines_come_back_in_order_as_the_translator_gives_them(translate, translator):
    texts = [SENTENCE, "a man likes the house .", "", "the dog", "the child buys an apple .", "   "]
    result = translate(stdin="\n".join(texts).encode() + b"\n")
    assert result.status == 0
    assert result.errors == ""
    assert result.lines == translator.translate(texts)
    assert result.lines[2] == result.lines[5] == ""
    assert result.lines[0]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"\n\n\n", ["", "", ""]),
        (b"the cat sees bread .", [SENTENCE]),
        (b"the cat sees bread .\r\n\r\n", [SENTENCE, ""]),
        (b"\xef\xbb\xbfthe cat sees bread .\n", [SENTENCE]),
    ],
    ids=["nothing", "blank lines", "no final line end", "CRLF", "byte order mark"],
)
def test_line_ends_and_marks_do_not_matter(translate, translator, content, expected):
    assert translate(stdin=content).lines == translator.translate(expected)


@pytest.mark.parametrize(
    "text", ["the\0cat", "\0", "the cat\u2028sees bread", "a\x85b", "a\x0bb\x0cc", "a\rb", "\ufeff"]
)
def test_strange_characters_do_not_split_a_line(translate, text):
    assert len(translate(stdin=f"{text}\n{SENTENCE}\n".encode()).lines) == 2


@pytest.mark.filterwarnings("default")
def test_a_very_long_line_is_cut_with_one_warning(translate):
    result = translate(stdin=b"x" * 100_000 + b"\n" + SENTENCE.encode() + b"\n")
    assert result.status == 0
    assert len(result.lines) == 2
    assert result.errors == (
        "keras-transformer: warning: 1 of 2 texts have more than 39 tokens and are cut there. The first begins with "
        f"'{'x' * 40}'.\n"
    )


def test_lines_before_a_line_that_is_no_utf8_are_translated(translate):
    result = translate(stdin=SENTENCE.encode() + b"\n\xff\xfe\n" + SENTENCE.encode() + b"\n")
    assert result.status == 2
    assert len(result.lines) == 1
    assert result.errors == (
        "keras-transformer: standard input, line 2: expected UTF-8, but byte 1 of the line is 0xff.\n"
    )


def test_n_best_gives_n_lines_for_every_line(translate, translator):
    result = translate("--n-best", 3, stdin=f"{SENTENCE}\n\n".encode())
    assert result.lines == [*translator.translate([SENTENCE], n_best=3)[0], "", "", ""]


def test_scores_come_before_a_tab(translate, translator):
    result = translate("--scores", "--beam-size", 2, "--n-best", 2, stdin=SENTENCE.encode())
    texts, scores = translator.translate([SENTENCE], beam_size=2, n_best=2, return_scores=True)
    assert result.lines == [f"{score:.4f}\t{text}" for text, score in zip(texts[0], scores[0], strict=True)]


def test_an_empty_line_has_the_score_of_nothing(translate):
    assert translate("--scores", "--n-best", 2, stdin=b"\n").lines == ["0.0000\t", "0.0000\t"]


def test_files_are_read_and_written(translate, trained, translator, tmp_path):
    output = tmp_path / "output"
    result = translate("--input", trained / "validation.en", "--output", output, "--batch-size", 5)
    assert (result.status, result.output, result.errors) == (0, "", "")
    sources = (trained / "validation.en").read_text().splitlines()
    assert output.read_text().splitlines() == translator.translate(sources)


def test_more_lines_than_a_chunk_are_all_translated(translate):
    # A chunk holds 16 batches.
    result = translate("--batch-size", 2, "--beam-size", 1, stdin=b"the dog\n" * 100)
    assert len(result.lines) == 100
    assert len(set(result.lines)) == 1


@pytest.mark.parametrize("number", [0, 3])
def test_an_error_in_one_batch_ends_the_command_with_one_line(translate, translator, monkeypatch, number):
    search, calls = translator._generator.generate, []

    def generate(*arguments, **options):
        calls.append(arguments)
        if len(calls) == number + 1:
            raise MemoryError
        return search(*arguments, **options)

    monkeypatch.setattr(translator._generator, "generate", generate)
    translate("--batch-size", 8, "--beam-size", 1, stdin=b"the dog\n" * 64).assert_one_error("out of memory")
    assert len(calls) < 8


def test_a_translation_with_line_ends_stays_one_line(translate, translator, monkeypatch):
    found = (["a\nb", "c\r\nd"], [-1.0, -2.0])
    monkeypatch.setattr(type(translator), "translate", lambda *arguments, **options: found)
    assert translate(stdin=b"one\ntwo\n").lines == ["a b", "c  d"]


def test_the_input_survives_being_named_as_output(translate, tmp_path):
    path = tmp_path / "text"
    path.write_text(SENTENCE)
    translate("--input", path, "--output", path).assert_one_error(str(path), "input and output are the same file")
    assert path.read_text() == SENTENCE


def test_standard_input_is_not_overwritten_by_the_output(translate, tmp_path):
    # The fixture uses this file as standard input.
    path = tmp_path / "standard_input"
    result = translate("--output", path, stdin=SENTENCE.encode())
    result.assert_one_error(str(path), "input and output are the same file")
    assert path.read_bytes() == SENTENCE.encode()


def test_n_best_above_the_beam_size_is_refused(translate):
    translate("--beam-size", 2, "--n-best", 3).assert_one_error("--n-best must be at most --beam-size", "3 and 2")


@pytest.mark.parametrize("name", ["text.gz", "text"])
def test_a_compressed_file_is_read(translate, trained, translator, tmp_path, name):
    text = (trained / "validation.en").read_bytes()
    (tmp_path / name).write_bytes(gzip.compress(text))
    result = translate("--input", tmp_path / name)
    assert result.lines == translator.translate(text.decode().splitlines())


def test_a_truncated_file_is_named_after_its_lines_came(translate, trained, tmp_path):
    (tmp_path / "text.gz").write_bytes(gzip.compress((trained / "validation.en").read_bytes())[:-4])
    result = translate("--input", tmp_path / "text.gz")
    assert result.status == 2
    assert result.errors.endswith(
        "text.gz: the file is compressed (gzip), but its end is missing. Get the file again.\n"
    )


def test_blank_lines_give_empty_lines(translate):
    lines = ["\u200b", "\ufeff\u3000", "", "\u2028 \u00a0", "\u2060"]
    assert translate(stdin="\n".join(lines).encode() + b"\n").lines == [""] * 5


@pytest.mark.filterwarnings("default")
def test_lines_of_invisible_characters_in_a_file_give_empty_lines(translate, cases):
    result = translate("--input", cases / "invis.en", "--beam-size", 1)
    sources = (cases / "invis.en").read_text().removesuffix("\n").split("\n")
    blank = [not source.strip("\u00a0\u200b\ufeff\u3000\u2028 ") for source in sources]
    assert sum(blank) == 150
    assert len(result.lines) == 300
    assert not any(line for line, is_blank in zip(result.lines, blank, strict=True) if is_blank)


def test_a_missing_input_is_refused_before_the_output_is_made(translate, tmp_path):
    result = translate("--input", tmp_path / "missing", "--output", tmp_path / "output")
    result.assert_one_error("missing: No such file or directory.")
    assert not (tmp_path / "output").exists()


def test_a_number_out_of_range_is_refused(translate):
    translate("--beam-size", 0).assert_one_error("'--beam-size'", "0 is not in the range")


@pytest.mark.parametrize("penalty", ["nan", "inf", "-1e3", "1e308"])
def test_a_length_penalty_out_of_range_is_refused(run, tmp_path, penalty):
    result = run("translate", tmp_path, "--length-penalty", penalty)
    result.assert_one_error(f"'--length-penalty': {float(penalty)} is not from -5 to 5.")


class TestSentences:
    PARAGRAPH = "The cat sees bread. The dog buys a tree."

    @pytest.fixture(autouse=True)
    def _same_languages_for_all(self, translator, monkeypatch):
        monkeypatch.setattr(translator, "texts", TextFacts("en", "de"))

    @pytest.fixture
    def halves(self, translator):
        """The translations and the scores of the sentences of the paragraph."""
        return translator.translate(["The cat sees bread.", "The dog buys a tree."], return_scores=True)

    def test_a_paragraph_is_translated_by_sentences(self, translate, translator, halves):
        result = translate("--split-sentences", stdin=f"{self.PARAGRAPH}\n\n{SENTENCE}\n".encode())
        assert (result.status, result.errors) == (0, "")
        assert result.lines == [" ".join(halves[0]), "", translator.translate([SENTENCE])[0]]

    def test_scores_are_added(self, translate, halves):
        result = translate("--split-sentences", "--scores", stdin=self.PARAGRAPH.encode() + b"\n\n")
        assert result.lines == [f"{sum(halves[1]):.4f}\t{' '.join(halves[0])}", "0.0000\t"]

    def test_languages_can_be_given(self, run, model, tmp_path, halves):
        folder = shutil.copytree(model, tmp_path / "model")
        fields = json.loads((folder / "config.json").read_text())
        fields = {name: value for name, value in fields.items() if not name.endswith("_language")}
        (folder / "config.json").write_text(json.dumps(fields))
        translate = functools.partial(run, "translate", folder)
        result = translate("--split-sentences", "--target-language", "ja", stdin=self.PARAGRAPH.encode())
        result.assert_one_error("Splitting sentences needs the source language", "Set --source-language, such as")
        languages = ["--source-language", "en", "--target-language", "zh-hans"]
        result = translate("--split-sentences", *languages, stdin=self.PARAGRAPH.encode())
        assert result.lines == ["".join(halves[0])]
        translate("--source-language", "zh_CN").assert_one_error("'--source-language': expected a language tag of BCP")

    def test_n_best_is_refused(self, translate):
        translate("--split-sentences", "--n-best", 2).assert_one_error("--n-best must be 1 with --split-sentences")

    @pytest.mark.filterwarnings("default")
    @pytest.mark.parametrize("longest", [8, None])
    def test_long_paragraphs_are_counted_in_the_end(self, translate, translator, longest):
        translator.texts = TextFacts("en", "de", longest)
        long = [SENTENCE, "the dog", "a . b", *["a cat . " * 30] * 3, "x" * 100]
        result = translate("--batch-size", 1, stdin="\n".join(long).encode())
        *_, last = [line for line in result.errors.splitlines() if "split-sentences" in line]
        assert last == (
            f"keras-transformer: warning: 3 of 7 lines have several sentences and more than {longest or 39} "
            "tokens, which is longer than all training text. --split-sentences translates sentence by sentence."
        )
        assert result.errors.count("--split-sentences") == 1
