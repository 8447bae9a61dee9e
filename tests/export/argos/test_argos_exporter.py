"""Packages for Argos Translate: their content, the splitter, and Argos Translate itself in its own environment."""

import json
import os
import pathlib
import subprocess
import sys
import venv
import zipfile

import numpy as np
import onnxruntime
import pytest
from export_cases import SOURCES, TARGETS, TEXTS, trained_translator

from keras_transformer.errors import InputError
from keras_transformer.export import Proof, SearchSettings, get_exporter
from keras_transformer.export.argos.language_codes import argos_languages
from keras_transformer.export.argos.sentence_splitter import write_splitter
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.text import TextFacts, Tokenizers, learn_vocabulary
from keras_transformer.text.placeholder_kinds import placeholder_symbols
from keras_transformer.translator import Translator

CLIENT = pathlib.Path(__file__).with_name("argos_client.py")
KOREAN_ENGLISH = TextFacts("ko", "en")


def with_languages(translator, texts=KOREAN_ENGLISH):
    return Translator(translator.model, translator.tokenizers, texts=texts)


@pytest.fixture(scope="module")
def split(tmp_path_factory):
    """Splits a text by the model of the splitter, as MiniSBD does."""
    path = tmp_path_factory.mktemp("splitter") / "en.onnx"
    write_splitter(path)
    session = onnxruntime.InferenceSession(path)
    numbers = json.loads(session.get_modelmeta().custom_metadata_map["vocab"])["_unit2id"]

    def split(text):
        units = [*(numbers.get(character, numbers["<UNK>"]) for character in text), numbers["<PAD>"]]
        feed = {"units": np.array([units]), "features": np.zeros((1, len(units), 1), "float32")}
        classes = session.run(None, feed)[0].argmax(axis=2)[0][: len(text)]
        classes[-1] = 2
        ends = [0, *(np.flatnonzero(classes == 2) + 1)]
        return [text[start:end].strip() for start, end in zip(ends, ends[1:])]

    return split


@pytest.mark.parametrize(
    "sentences",
    [
        ["One sentence"],
        ["Stop!", "Why?", "I said so."],
        ['He said "Stop."', "Then he left (at last).)", "End…"],
        ["It costs 3.50 euros."],
        ["This is e.g. an example of it.", "Good."],
        ["Dr. J. R. Smith lives here."],
        ["나는 어제 카페에 갔다.", "고양이가 물을 마신다.", "왜?"],
        ["彼は来た。", "「なぜ？」", "と言った。"],
        ["¿Qué?", "¡No!", "Sí."],
        ["a.b", "c"],
        ["."],
    ],
    ids=lambda sentences: sentences[0],
)
def test_the_splitter_ends_sentences_at_marks(sentences, split):
    if sentences[0].startswith("Dr."):
        # Of abbreviations, only single letters and those before a lower-case letter are known.
        assert split(sentences[0]) == ["Dr.", "J. R. Smith lives here."]
    elif sentences[0] == "a.b":
        assert split("a.b c") == ["a.b c"]
    else:
        joint = "" if sentences[0].startswith("彼") else " "
        assert split(joint.join(sentences)) == sentences


@pytest.mark.parametrize(
    ("languages", "codes"),
    [
        (("ko", "en"), ["ko", "en"]),
        (("zh-Hant-TW", "pt-BR"), ["zt", "pb"]),
        (("zh", "pt"), ["zh", "pt"]),
        (("en-GB", "no"), ["en", "nb"]),
    ],
)
def test_languages_have_the_codes_of_argos_translate(languages, codes):
    assert argos_languages(TextFacts(*languages)) == codes


@pytest.mark.parametrize(
    ("languages", "message"),
    [
        (("ko", None), "needs the target language, and the model folder does not have it. Set it with --target-lang"),
        ((None, None), "needs the source language"),
        (("en-GB", "en-US"), "needs two different languages. Received: en-GB and en-US"),
    ],
)
def test_unknown_languages_are_refused(languages, message, small_translator, tmp_path):
    with pytest.raises(InputError, match=message):
        get_exporter("argos").export(with_languages(small_translator, TextFacts(*languages)), tmp_path / "a.argosmodel")
    assert list(tmp_path.iterdir()) == []


def test_placeholders_are_refused(tmp_path):
    symbols = placeholder_symbols(["url"])
    tokenizer = learn_vocabulary(["a small text", "another one"], user_defined_symbols=symbols)
    sizes = {"num_encoder_layers": 1, "num_decoder_layers": 1, "hidden_dim": 8, "intermediate_dim": 8, "num_heads": 2}
    config = TransformerConfig(vocabulary_size=tokenizer.vocabulary_size, **sizes)
    translator = Translator(build_transformer(config), tokenizer, texts=KOREAN_ENGLISH)
    with pytest.raises(InputError, match="The format argos does not support a model with placeholders"):
        get_exporter("argos").export(translator, tmp_path / "a.argosmodel")
    assert list(tmp_path.iterdir()) == []


def test_language_tokens_are_refused():
    lines, exporter = ["a small text", "another one"], get_exporter("argos")
    tokenizer = learn_vocabulary(lines, user_defined_symbols=[">>fra<<", ">>?<<"])
    message = (
        r"does not support a model whose sources begin with a language token.*Received: 1 tokens such as '>>fra<<'"
    )
    with pytest.raises(InputError, match=message):
        exporter.check_tokenizers(Tokenizers(tokenizer))
    exporter.check_tokenizers(Tokenizers(learn_vocabulary(lines, user_defined_symbols=[">>?<<"])))


def test_a_package_is_an_archive_of_one_folder(small_translator, tmp_path):
    translator = with_languages(small_translator)
    path = get_exporter("argos").export(translator, tmp_path / "ko_en.argosmodel")
    again = get_exporter("argos").export(translator, tmp_path / "again.argosmodel")
    assert path.read_bytes() == again.read_bytes()
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        metadata = json.loads(archive.read("translate-ko_en-1_0/metadata.json"))
        assert archive.read("translate-ko_en-1_0/sentencepiece.model") == translator.tokenizers.source.model
    assert {name.split("/")[0] for name in names} == {"translate-ko_en-1_0"}
    assert {"model/model.bin", "minisbd/ko.onnx", "README.md"} <= {name.partition("/")[2] for name in names}
    assert (metadata["from_code"], metadata["from_name"], metadata["to_name"]) == ("ko", "Korean", "English")
    assert 'translate("a text", "ko", "en")' in (tmp_path / "ko_en.argosmodel.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("overrides", [{}, {"normalize_first": True, "shared": False}, {"output_bias": True}], ids=str)
def test_a_package_passes_the_proof(overrides, tmp_path):
    translator = with_languages(trained_translator(**overrides))
    found = []
    settings = SearchSettings().of_model(translator.config)
    proof = Proof(translator, "argos", None, settings, [(text, None) for text in TEXTS], report=found.append)
    get_exporter("argos").export(translator, tmp_path / "a.argosmodel", settings, proof)
    assert found[0].identical == len(TEXTS)


@pytest.fixture(scope="module")
def argos_python(tmp_path_factory):
    """Python of an environment with Argos Translate: that of `ARGOS_PYTHON`, or a new one from the package index."""
    if "ARGOS_PYTHON" in os.environ:
        return os.environ["ARGOS_PYTHON"]
    folder = tmp_path_factory.mktemp("argos")
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    install = [python, "-m", "pip", "install", "--quiet", "argostranslate>=1.11", "torch==2.13.*"]
    if subprocess.run(install).returncode:
        pytest.skip("Argos Translate could not be installed")
    return str(python)


def translate_by_argos(python, package, texts, folder):
    """Translates texts with Argos Translate, with its files in `folder` and without a network."""
    (folder / "request.json").write_text(json.dumps(texts), encoding="utf-8")
    own = {"HOME": str(folder), "XDG_DATA_HOME": str(folder / "data"), "XDG_CONFIG_HOME": str(folder / "config")}
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    environment = {**os.environ, **own, **proxies, "XDG_CACHE_HOME": str(folder / "cache")}
    environment.pop("PYTHONPATH", None)
    command = [python, "-P", str(CLIENT), str(package), folder / "request.json", folder / "result.json"]
    result = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8")
    assert result.returncode == 0, result.stderr
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))


@pytest.mark.slow
@pytest.mark.parametrize("shared", [True, False], ids=["shared", "two vocabularies"])
def test_argos_translate_installs_a_package_and_translates_offline(shared, argos_python, tmp_path):
    translator = with_languages(trained_translator(shared=shared, steps=120))
    package = get_exporter("argos").export(translator, tmp_path / "ko_en.argosmodel")
    texts = [*SOURCES, " ".join(SOURCES[:3]), "\n".join(SOURCES[3:])]
    found = translate_by_argos(argos_python, package, texts, tmp_path)
    assert found["languages"] == ["English", "Korean"]
    assert found["translations"] == [*TARGETS, " ".join(TARGETS[:3]), "\n".join(TARGETS[3:])]


@pytest.mark.slow
def test_a_long_text_does_not_exceed_the_positions(argos_python, tmp_path):
    translator = with_languages(trained_translator())
    package = get_exporter("argos").export(translator, tmp_path / "ko_en.argosmodel")
    (found,) = translate_by_argos(argos_python, package, ["나는 " * 300], tmp_path)["translations"]
    assert isinstance(found, str)
