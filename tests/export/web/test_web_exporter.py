"""The exported folder, and its page in a browser."""

import json

import pytest
from client_cases import litert_or_skip
from export_cases import SOURCES, TARGETS, TEXTS
from web_cases import opened_page

from keras_transformer.errors import InputError
from keras_transformer.export import Proof, SearchSettings, export_web, get_exporter
from keras_transformer.text import TextFacts, Tokenizers, learn_vocabulary
from keras_transformer.text.placeholder_kinds import placeholder_symbols
from keras_transformer.translator import Translator

SETTINGS = SearchSettings(beam_size=3)


@pytest.fixture(scope="module")
def spoken(translator):
    """The translator with its languages."""
    return Translator(translator.model, translator.tokenizers, texts=TextFacts("ko", "en"))


@pytest.fixture(scope="module")
def site(spoken, tmp_path_factory):
    """A folder, proven identical in Python and in Node."""
    litert_or_skip()
    settings = SETTINGS.of_model(spoken.config)
    texts = [*TEXTS, "나는 " * 90]
    pairs = [*zip(SOURCES, TARGETS), *((text, None) for text in texts if text not in SOURCES)]
    proof = Proof(spoken, "web", None, settings, pairs)
    return export_web(spoken, tmp_path_factory.mktemp("web") / "site", settings=settings, prove=proof)


@pytest.mark.slow
def test_the_folder_has_the_page_its_card_and_no_tokenizer(site):
    names = {path.name for path in site.iterdir()}
    assert {"index.html", "worker.js", "service_worker.js", "model.tflite", "README.md", "litert"} <= names
    assert [name for name in names if name.endswith(".model")] == []
    record = json.loads((site / "verification.json").read_text("utf-8"))
    assert (record["format"], record["identical"]) == ("web", record["sentences"])
    assert "LiteRT.js 2.5.3" in (site / "README.md").read_text("utf-8")
    worker = (site / "service_worker.js").read_text("utf-8")
    (files,) = (line for line in worker.splitlines() if line.startswith("const FILES = "))
    kept = json.loads(files.removeprefix("const FILES = ").removesuffix(";"))
    assert [name for name in kept if not (site / name).exists()] == []
    left_out = {*site.rglob("*.*")} - {site / name for name in kept} - {*site.rglob("*litert_wasm*")}
    assert {path.name for path in left_out} == {"service_worker.js", "package.json", "verification.json"}


@pytest.mark.slow
def test_the_page_translates_and_opens_without_its_server(site, spoken, tmp_path):
    with opened_page(site, tmp_path) as (page, stop_server):
        page.lines(True)
        page.write("\n".join(TEXTS))
        found = [line.strip(" \ufeff\u3000") for line in page.translation.split("\n")]
        assert found == spoken.translate(TEXTS, settings=SETTINGS)
        page.lines(False)
        page.write(f"  {SOURCES[0]} {SOURCES[1]}\n{SOURCES[2]}")
        expected, scores = spoken.translate(SOURCES[:3], settings=SETTINGS.with_n_best(3), return_scores=True)
        best = [each[0] for each in expected]
        assert page.translation == f"  {best[0]} {best[1]}\n{best[2]}"
        assert page.alternatives == list(dict.fromkeys(expected[0]))
        assert page.find("#title").text == "Korean to English"
        assert [page.find("#target").get_attribute(name) for name in ("lang", "dir")] == ["en", "ltr"]
        # Parts of at most 38 characters. The model reads them to the end, because it does not warn.
        parts = [" ".join(["나는"] * count) for count in (13, 12, 13, 12, 13, 12, 13, 2)]
        page.write("나는 " * 90)
        assert page.translation == " ".join(spoken.translate(parts, settings=SETTINGS)) + " "
        assert page.find("#state").text.endswith(". Sentences of more than 38 characters are translated in parts.")
        page.wait(lambda: page.find("#offline").text == "This page now works offline.", "no service worker")
        stop_server()
        page.driver.refresh()
        page.wait(lambda: page.data("ready"), "the page does not open without its server")
        page.write(SOURCES[3])
        assert page.translation == spoken.translate([SOURCES[3]], settings=SETTINGS)[0]
        page.find("#card-button").click()
        page.wait(lambda: "LiteRT.js 2.5.3" in page.find("#card-text").text, "no model card")
        assert page.driver.get_log("browser") == []


def test_a_bpe_vocabulary_is_refused_by_name(small_translator, tmp_path):
    litert_or_skip()
    tokenizer = learn_vocabulary(SOURCES + TARGETS, vocabulary_size=325, model_type="bpe")
    with pytest.raises(
        InputError, match="The format web does not support the source vocabulary: .* of the type bpe, not unigram"
    ):
        export_web(Translator(small_translator.model, tokenizer), tmp_path / "site")
    assert list(tmp_path.iterdir()) == []


def test_the_advice_fits_the_reason_of_a_refused_vocabulary():
    symbols = placeholder_symbols(["url"])
    tokenizers = Tokenizers.of(learn_vocabulary(SOURCES + TARGETS, user_defined_symbols=symbols))
    with pytest.raises(InputError, match=r"it has placeholders, .*\. Export it with --format tflite"):
        get_exporter("web").check_tokenizers(tokenizers)


def test_the_folder_must_be_new(small_translator, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="exists already"):
        export_web(small_translator, tmp_path)


def test_litert_is_an_option_of_this_format_only(tmp_path):
    assert get_exporter("web", litert=tmp_path).litert == tmp_path
    with pytest.raises(InputError, match="The format tflite does not support `litert`"):
        get_exporter("tflite", litert=tmp_path)
