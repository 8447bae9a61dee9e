"""A model with placeholders by the command line: trained with a glossary, translated, scored and exported."""

import json
import shutil

import pytest
import tensorflow as tf
from test_multilingual import RECIPE, write_phrases

from keras_transformer.cli.main import main
from keras_transformer.errors import InputError
from keras_transformer.export import get_exporter
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.text import Glossary, PlaceholderCounts, learn_vocabulary
from keras_transformer.translator import Translator

KEYS = """\
[data]
train_source = "train.ko"
train_target = "train.en"
validation_source = "validation.ko"
validation_target = "validation.en"
max_length = 48
source_language = "ko"
target_language = "en"
placeholders = ["url", "email", "number", "tag", "term"]
placeholder_rate = 0.3
glossary = "terms.tsv"
"""
TERMS = {"카페": "cafe", "공원": "park", "도서관": "library", "커피": "coffee", "빵": "bread", "음악": "music"}
VALUES = ["https://example.com/a?b=1", "kim@example.co.kr", "3.5 kg", "<br/>"]
HOSTILE = [
    "나는 어제 https://example.com/를 보고 카페에 갔다.",
    "｟url1｠ 나는 ｟term1｠ 카페에 갔다 ｟url12｠.",
    " ".join(f"https://a.b/{number}" for number in range(100)),
    "<b><i>나는</i> 어제</b> <a href='https://a.b/?c=1>2'>카페</a>에 갔다 &amp; 5 km.",
    "(https://a.b),kim@a.co.kr",
    "",
    "\u200b",
]
# Longer than the model reads.
LONG = "나는 " + " 어제 ".join(f"https://a.b/{number}" for number in range(100)) + "에 갔다."


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with the corpus, the glossary and the model `model`; no test may change them."""
    folder = write_phrases(tmp_path_factory.mktemp("terms"))
    rest = RECIPE[RECIPE.index("[vocabulary]") :]
    (folder / "recipe.toml").write_text(KEYS + "\n" + rest, encoding="utf-8")
    rows = "".join(f"{source}\t{target}\n" for source, target in TERMS.items())
    (folder / "terms.tsv").write_text(rows, encoding="utf-8")
    assert main(["train", str(folder / "recipe.toml"), "--output", str(folder / "model")]) == 0
    return folder


@pytest.fixture(scope="module")
def translator(trained):
    return Translator.load(trained / "model")


@pytest.mark.slow
def test_parts_survive_unchanged(run, trained, translator):
    sentences = (trained / "validation.ko").read_text(encoding="utf-8").splitlines()
    texts = [f"{sentence[:-1]} {value}." for sentence in sentences for value in VALUES]
    result = run("translate", trained / "model", "--beam-size", "1", stdin=("\n".join(texts) + "\n").encode())
    assert result.status == 0
    assert all(VALUES[number % len(VALUES)] in line for number, line in enumerate(result.lines))
    counts = PlaceholderCounts()
    assert translator.translate(texts, beam_size=1, counts=counts) == result.lines
    assert (counts.texts, counts.masked) == (len(texts), len(texts))
    assert (f"keras-transformer: {counts}." in result.errors) == bool(counts.dropped or counts.extra)
    n_best = translator.translate(texts[:3], beam_size=3, n_best=3)
    assert all(VALUES[number] in line for number, row in enumerate(n_best) for line in row)
    card = (trained / "model" / "README.md").read_text(encoding="utf-8")
    assert "written unchanged to the translation: url, email, number, tag." in card
    assert "| glossary | terms.tsv |" in card


@pytest.mark.slow
def test_hostile_texts_lose_no_part(translator):
    with pytest.warns(UserWarning, match="1 of 1 texts have more than 47 tokens"):
        (long,) = translator.translate([LONG])
    assert all(f"https://a.b/{number}" in long for number in range(100))
    found = translator.translate(HOSTILE)
    assert found[2] == HOSTILE[2]
    assert all(part in found[1] for part in ("｟url1｠", "｟term1｠", "｟url12｠"))
    assert all(part in found[3] for part in ("<b>", "<i>", "</i>", "</b>", "<a href='https://a.b/?c=1>2'>", "5 km"))
    assert found[4:] == [HOSTILE[4], "", ""]
    scores = translator.score([(text, text) for text in HOSTILE[:2]])
    assert len(scores) == 2


@pytest.mark.slow
def test_a_glossary_forces_terms(run, trained, translator, tmp_path):
    glossary = tmp_path / "terms.tsv"
    glossary.write_text("카페\tKaffeehaus\n공원\tStadtpark\n", encoding="utf-8")
    texts = ["나는 어제 카페에 갔다.", "그는 내일 공원에 갈 것이다.", "카페", "그녀는 갔다."]
    arguments = ("translate", trained / "model", "--glossary", glossary)
    lines = run(*arguments, stdin=("\n".join(texts) + "\n").encode()).lines
    assert lines == translator.translate(texts, glossary=Glossary.load(glossary))
    assert [lines[number].count(term) for number, term in enumerate(("Kaffeehaus", "Stadtpark", "Kaffeehaus"))] == [
        1
    ] * 3
    assert lines[3] == translator.translate(texts[3:])[0]
    paragraph = run(*arguments, "--split-sentences", stdin=" ".join(texts[:2]).encode()).lines
    assert len(paragraph) == 1
    assert "Kaffeehaus" in paragraph[0]
    assert "Stadtpark" in paragraph[0]


@pytest.mark.slow
def test_a_glossary_that_cannot_be_used_is_one_line(run, trained, tmp_path):
    glossary, output = tmp_path / "terms.tsv", tmp_path / "out.txt"
    glossary.write_text("카페\tcafe\n공원\n", encoding="utf-8")
    output.write_text("before\n")
    arguments = ("--glossary", glossary, "--output", output)
    run("translate", trained / "model", *arguments, stdin=b"a\n").assert_one_error(
        "terms.tsv:2: expected a term and its"
    )
    glossary.write_text("카페\tcafe\n", encoding="utf-8")
    tokenizer = learn_vocabulary(["a model without symbols"])
    config = TransformerConfig.from_preset("tiny", vocabulary_size=tokenizer.vocabulary_size)
    Translator(build_transformer(config), tokenizer).save(tmp_path / "plain")
    run("translate", tmp_path / "plain", *arguments, stdin=b"a\n").assert_one_error("symbols for terms")
    run(
        "translate", trained / "model", "--glossary", tmp_path / "none.tsv", "--output", output, stdin=b"a\n"
    ).assert_one_error("none.tsv")
    assert output.read_text() == "before\n"


@pytest.mark.slow
def test_a_saved_model_does_the_same(run, trained, translator, tmp_path):
    text = tmp_path / "text.ko"
    text.write_text("".join(f"{line}\n" for line in HOSTILE if line.strip("\u200b")), encoding="utf-8")
    output = tmp_path / "model"
    result = run("export", trained / "model", "--format", "saved_model", "--output", output, "--verify", text)
    assert result.status == 0, result.errors
    signatures = tf.saved_model.load(str(output / "1")).signatures
    found = signatures["serving_default"](text=tf.constant(HOSTILE))["translation"].numpy()
    assert [text.decode() for text in found] == translator.translate(HOSTILE)
    (long,) = signatures["serving_default"](text=tf.constant([LONG]))["translation"].numpy()
    assert all(f"https://a.b/{number}" in long.decode() for number in range(100))
    best = signatures["n_best"](text=tf.constant(HOSTILE))["translations"].numpy()
    assert [[text.decode() for text in row] for row in best] == translator.translate(HOSTILE, n_best=4)
    assert signatures["attention"](text=tf.constant(HOSTILE))["translation"].numpy().tolist() == found.tolist()
    assert signatures["serving_default"](text=tf.constant([], tf.string))["translation"].shape == (0,)
    card = (output / "1" / "README.md").read_text(encoding="utf-8")
    assert "`tag`, `url`, `email`, `number`" in card


@pytest.mark.slow
def test_prefixes_are_masked_alike_by_the_command_and_the_saved_model(run, trained, translator, tmp_path):
    texts = ["나는 어제 https://a.b를 보고 카페에 갔다.", "나는 3.5 kg 빵을 샀다.", "나는 갔다.", ""]
    prefixes = ["I saw https://a.b", "3.5 kg of", "｟url2｠ I", "｟url1｠"]
    (tmp_path / "prefixes").write_text("".join(f"{prefix}\n" for prefix in prefixes), encoding="utf-8")
    stdin = "".join(f"{text}\n" for text in texts).encode()
    lines = run("translate", trained / "model", "--prefix", tmp_path / "prefixes", stdin=stdin).lines
    assert lines[3] == ""
    for line, prefix in zip(lines[:3], prefixes):
        assert line.startswith(prefix)
    assert [lines[0].count("https://a.b"), lines[1].count("3.5 kg"), lines[2].count("｟")] == [1, 1, 1]
    assert translator.translate(texts, prefixes=prefixes) == lines
    folder = translator.export_saved_model(tmp_path / "model", prefix_signature=True)
    with_prefix = tf.saved_model.load(str(folder)).signatures["with_prefix"]
    found = with_prefix(text=tf.constant(texts), prefix=tf.constant(prefixes))["translation"].numpy()
    assert [text.decode() for text in found] == lines
    with pytest.raises(tf.errors.InvalidArgumentError, match="`prefix` must have fewer tokens"):
        with_prefix(text=tf.constant(texts[:1]), prefix=tf.constant(["x" * 90]))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tflite", "ctranslate2"])
def test_other_formats_leave_placeholders_to_the_client(run, trained, tmp_path, name):
    output = tmp_path / ("a.tflite" if name == "tflite" else "a")
    text = tmp_path / "text.ko"
    shutil.copy(trained / "validation.ko", text)
    with text.open("a", encoding="utf-8") as file:
        file.write("나는 https://a.b를 보고 갔다.\n")
    result = run("export", trained / "model", "--format", name, "--output", output, "--verify", text)
    assert result.status == 0, result.errors
    card = (tmp_path / "a.tflite.md" if name == "tflite" else output / "README.md").read_text(encoding="utf-8")
    assert "the client" in card
    if name == "tflite":
        assert "no signatures for texts" in result.errors
        assert "placeholders" in result.errors


@pytest.mark.slow
def test_formats_for_texts_refuse_placeholders(translator, tmp_path):
    with pytest.raises(InputError, match="placeholders"):
        get_exporter("web").check_tokenizers(translator.tokenizers)
    for options in ({"text_signature": True}, {"text": True}):
        with pytest.raises(InputError, match="placeholders"):
            get_exporter("tflite", **options).export(translator, tmp_path / "a.tflite")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_scores_count_placeholders(run, trained, tmp_path):
    text = tmp_path / "text.ko"
    text.write_text("나는 https://a.b를 보고 갔다.\n그는 갔다.\n", encoding="utf-8")
    scores = json.loads(run("evaluate", trained / "model", "--source", text, "--reference", text).output)
    assert {"texts": 1, "masked": 1}.items() <= scores["placeholders"].items()
