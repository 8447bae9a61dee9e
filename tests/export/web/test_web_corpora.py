"""The page and the clients give Python's translations of whole validation sets, with models of some minutes."""

import keras
import pytest
from client_cases import CLIENTS, litert_or_skip, translate_by
from web_cases import opened_page

from keras_transformer.corpora.phrases import phrase_splits
from keras_transformer.data import listed_pairs, token_batches
from keras_transformer.export import SearchSettings, export_web
from keras_transformer.losses import SmoothedCrossEntropy
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.text import TextFacts, learn_vocabulary
from keras_transformer.translator import Translator

SETTINGS = SearchSettings(beam_size=4)
NUM_TRAINING_STEPS = 300

pytestmark = pytest.mark.slow


def multi30k_pairs(request):
    folder = request.getfixturevalue("parallel_data") / "multi30k" / "tok"
    if not (folder / "val.en").is_file():
        pytest.skip(f"no {folder / 'val.en'}")
    files = [(folder / name).read_text("utf-8").splitlines() for name in ("train.en", "train.de", "val.en")]
    return list(zip(*files[:2])), files[2][:200], 4000, TextFacts("en", "de")


def korean_pairs(request):
    splits = phrase_splits()
    return splits["train"], [source for source, _ in splits["validation"][:100]], 800, TextFacts("ko", "en")


@pytest.fixture(scope="module", params=[multi30k_pairs, korean_pairs], ids=["multi30k", "korean"])
def case(request, tmp_path_factory):
    """A folder for browsers, texts, and the translator's hypotheses of the texts."""
    litert_or_skip()
    pairs, texts, vocabulary_size, facts = request.param(request)
    tokenizer = learn_vocabulary([text for pair in pairs for text in pair], vocabulary_size=vocabulary_size)
    keras.utils.set_random_seed(0)
    model = build_transformer(
        TransformerConfig.from_preset("tiny", vocabulary_size=tokenizer.vocabulary_size, normalize_first=True)
    )
    model.compile(keras.optimizers.Adam(0.002), loss=SmoothedCrossEntropy(0.1), jit_compile=False)
    batches = token_batches(listed_pairs(pairs), tokenizer, batch_tokens=2048, shuffle=True)
    model.fit(batches.repeat(), steps_per_epoch=NUM_TRAINING_STEPS, shuffle=False, verbose=0)
    translator = Translator(model, tokenizer, texts=facts)
    site = export_web(translator, tmp_path_factory.mktemp("web") / "site", settings=SETTINGS)
    return site, texts, translator.translate(texts, settings=SETTINGS.with_n_best(4))


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_gives_the_translations_of_python(client, case, tmp_path):
    site, texts, expected = case
    assert translate_by(client, site / "model.tflite", texts, tmp_path) == [found[0] for found in expected]


def test_the_page_gives_the_translations_of_python(case, tmp_path):
    site, texts, expected = case
    with opened_page(site, tmp_path) as (page, stop_server):
        page.lines(True)
        page.write("\n".join(texts))
        assert page.translation.split("\n") == [found[0] for found in expected]
        page.wait(lambda: page.find("#offline").text == "This page now works offline.", "no service worker")
        stop_server()
        page.driver.refresh()
        page.wait(lambda: page.data("ready"), "the page does not open without its server")
        for text, found in list(zip(texts, expected))[:3]:
            page.write(text)
            assert page.translation == found[0]
            assert page.alternatives == list(dict.fromkeys(found))
        assert page.driver.get_log("browser") == []
