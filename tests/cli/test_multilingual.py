"""One model of two directions by the command line: trained, translated, evaluated, exported, and fine-tuned."""

import json
import pathlib

import pytest

from keras_transformer.cli.main import main
from keras_transformer.corpora.phrases import phrase_splits
from keras_transformer.translator import Translator

RECIPE = """\
[data]
train_source = ["train.ko", "train.en"]
train_target = ["train.en", "train.ko"]
weights = [1, 2]
validation_source = ["validation.ko", "validation.en"]
validation_target = ["validation.en", "validation.ko"]
source_language = ["ko", "en"]
target_language = ["en", "ko"]
max_length = 48

[vocabulary]
size = 700

[model]
num_encoder_layers = 1
num_decoder_layers = 1
hidden_dim = 32
intermediate_dim = 64
num_heads = 2
dropout = 0.0
normalize_first = true

[training]
steps = 120
batch_tokens = 1024
learning_rate = 0.01
warmup_steps = 20
save_every = 50
seed = 1
"""
HANGUL = range(0xAC00, 0xD7A4)


def is_korean(text):
    return any(ord(character) in HANGUL for character in text)


def write_phrases(folder):
    splits = phrase_splits()
    for name, pairs in (("train", splits["train"][:2000]), ("validation", splits["validation"][:30])):
        for language, side in (("ko", 0), ("en", 1)):
            (folder / f"{name}.{language}").write_text("".join(f"{pair[side]}\n" for pair in pairs), encoding="utf-8")
    (folder / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> pathlib.Path:
    """A folder with the corpus and the model `model`; no test may change them."""
    folder = write_phrases(tmp_path_factory.mktemp("multilingual"))
    assert main(["train", str(folder / "recipe.toml"), "--output", str(folder / "model")]) == 0
    return folder


@pytest.fixture(scope="module")
def korean(trained):
    return Translator.load(trained / "model", target_language="ko")


def sentences(trained, language, count=12):
    return (trained / f"validation.{language}").read_text(encoding="utf-8").splitlines()[:count]


@pytest.mark.slow
def test_the_target_language_chooses_the_direction(run, trained, korean):
    model, english = trained / "model", "\n".join(sentences(trained, "en")) + "\n"
    to_korean = run("translate", model, "--target-language", "ko", stdin=english.encode()).lines
    assert to_korean == korean.translate(sentences(trained, "en"))
    assert all(map(is_korean, to_korean))
    source = "\n".join(sentences(trained, "ko")) + "\n"
    to_english = run("translate", model, stdin=source.encode()).lines
    assert not any(map(is_korean, to_english))
    assert run("translate", model, "--target-language", "en", stdin=source.encode()).lines == to_english
    assert run("translate", model, "--source-language", "ko", stdin=source.encode()).lines == to_english


@pytest.mark.slow
def test_a_language_that_the_model_lacks_is_one_line(run, trained, tmp_path):
    model, output = trained / "model", tmp_path / "translations.txt"
    run("translate", model, "--target-language", "fr", "--output", output, stdin=b"a\n").assert_one_error(
        "target language: expected a language of en, ko. Received: 'fr', the model does not have it"
    )
    run("translate", model, "--source-language", "de", "--output", output, stdin=b"a\n").assert_one_error(
        "source language: expected a language of ko, en. Received: 'de'"
    )
    run(
        "export", model, "--format", "tflite", "--target-language", "fr", "--output", tmp_path / "a.tflite"
    ).assert_one_error("target language", "en, ko")
    assert not [path for path in tmp_path.iterdir() if path.name != "standard_input"]


@pytest.mark.slow
def test_scores_name_the_direction(run, trained):
    model = trained / "model"
    files = ("--source", trained / "validation.en", "--reference", trained / "validation.ko")
    scores = json.loads(run("evaluate", model, *files, "--target-language", "ko").output)
    assert scores["direction"] == {"source": "en", "target": "ko"}
    described = json.loads(run("info", model).output)
    assert described["languages"] == {"source": "ko", "target": "en"}
    assert described["directions"] == [["ko", "en"], ["en", "ko"]]
    each = described["scores"]["directions"]
    assert [found["direction"] for found in each] == [
        {"source": "ko", "target": "en"},
        {"source": "en", "target": "ko"},
    ]
    assert each[1]["bleu"] == pytest.approx(scores["bleu"])
    assert each[0]["bleu"] == described["scores"]["bleu"]
    card = (model / "README.md").read_text(encoding="utf-8")
    assert "Languages: ko to en, en to ko." in card
    assert "translate model --target-language ko" in card
    assert f"| en to ko | 30 | {scores['bleu']:.2f} |" in card
    assert (model / "validation.en-ko.source.txt").read_bytes() == (trained / "validation.en").read_bytes()
    assert (model / "validation.source.txt").read_bytes() == (trained / "validation.ko").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["saved_model", "tflite", "ctranslate2"])
def test_an_export_has_the_direction(run, trained, tmp_path, name):
    output = tmp_path / ("ko.tflite" if name == "tflite" else "ko")
    result = run("export", trained / "model", "--format", name, "--target-language", "ko", "--output", output)
    assert result.status == 0, result.errors
    assert "identical translations" in result.output
    card = tmp_path / "ko.tflite.md" if name == "tflite" else next(output.rglob("README.md"))
    assert "from `en` to `ko`" in card.read_text(encoding="utf-8")
    assert "`<2ko>`" in card.read_text(encoding="utf-8")
    verification = json.loads(card.with_name("verification.json").read_text(encoding="utf-8"))
    # The model folder has references of this direction.
    assert verification["bleu_sentences"] == 30


@pytest.mark.slow
def test_a_model_of_several_directions_is_tuned_and_resumed(run, trained, tmp_path):
    settings = ["data.train_source=train.en", "data.train_target=train.ko", "data.validation_source=validation.en"]
    settings += ["data.validation_target=validation.ko", "data.weights=[1]", "data.source_language=en"]
    settings += ["data.target_language=ko", "training.steps=4", "training.warmup_steps=1", "vocabulary.size=700"]
    options = [option for setting in settings for option in ("--set", setting)]
    for number, option in enumerate(options):
        if option.startswith("data.") and "." in option.partition("=")[2]:
            key, _, file = option.partition("=")
            options[number] = f"{key}={trained / file}"
    arguments = (
        "train",
        trained / "recipe.toml",
        *options,
        "--init-from",
        trained / "model",
        "--output",
        tmp_path / "m",
    )
    result = run(*arguments)
    assert result.status == 0, result.errors
    tuned = Translator.load(tmp_path / "m")
    assert (tuned.texts.source_language, tuned.texts.target_language) == ("en", "ko")
    assert tuned.texts.directions == (("en", "ko"), ("ko", "en"))
    assert all(map(is_korean, tuned.translate(sentences(trained, "en"))))
    assert Translator.load(tmp_path / "m", target_language="en").texts.source_language == "ko"
    resumed = run(*arguments, "--resume", "--set", "training.steps=6")
    assert resumed.status == 0, resumed.errors
    refused = (*arguments[:-1], tmp_path / "n", "--set", "data.target_language=fr")
    run(*refused).assert_one_error("init_from", "no tag <2fr>", "en, ko")
    assert not (tmp_path / "n").exists()
