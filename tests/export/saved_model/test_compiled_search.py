"""The SavedModel of `export --jit`."""

import numpy as np
import pytest
import tensorflow as tf
from export_cases import TEXTS
from tensorflow_serving.apis import prediction_log_pb2
from test_c_api import run_signature

from keras_transformer.errors import InputError
from keras_transformer.export import Proof, SearchSettings, export_saved_model, get_exporter
from keras_transformer.export.saved_model.serving_files import WARMUP_FILE
from keras_transformer.generation import Generator
from keras_transformer.generation.compiled_search import CompiledSearch
from keras_transformer.special_tokens import END_ID

SETTINGS = SearchSettings(beam_size=3, n_best=2)


@pytest.fixture(scope="module")
def compiled(translator, tmp_path_factory):
    exporter = get_exporter("saved_model", jit=True)
    settings = SETTINGS.of_model(translator.config)
    proof = Proof(translator, exporter, None, settings, [(text, None) for text in TEXTS[:6]])
    return exporter.export(translator, tmp_path_factory.mktemp("compiled") / "model", settings, proof)


@pytest.mark.slow  # XLA compiles for a minute.
def test_single_texts_have_the_translations_of_the_model_in_a_session(compiled, translator, tmp_path):
    texts = ["", TEXTS[0], TEXTS[1], " ".join(TEXTS[:2])]
    translations, scores = translator.translate(texts, settings=SETTINGS, return_scores=True)
    for text, expected, of_text in zip(
        run_signature(compiled, "n_best", [[text] for text in texts], tmp_path), translations, scores, strict=True
    ):
        assert text["translations"].tolist() == [expected]
        np.testing.assert_allclose(text["scores"], [of_text], rtol=1e-4)


@pytest.mark.parametrize(
    ("length", "beam_size"),
    [
        pytest.param(length, beam_size, marks=[] if (length, beam_size) == (16, 4) else [pytest.mark.slow])
        for length in (1, 2, 16, 17, 40)
        for beam_size in (1, 4)
    ],
)
def test_ids_are_those_of_the_generator(length, beam_size, translator):
    generator = Generator(translator.model)
    settings = SearchSettings(beam_size=beam_size, n_best=1, max_length=translator.config.max_length)
    search = compiled_search(generator, settings)
    size = translator.config.vocabulary_size
    ids = np.random.default_rng(length).integers(4, size, (1, length))
    ids[0, -1] = END_ID
    source_ids = tf.constant(ids, tf.int32)
    found, expected = search(source_ids), generator.generate(source_ids, settings=settings)
    np.testing.assert_array_equal(found.token_ids, expected.token_ids)
    np.testing.assert_allclose(found.scores, expected.scores, rtol=1e-4)


_SEARCHES = {}


def compiled_search(generator, settings):
    """A compiled search of settings, one for all tests, because XLA compiles it for seconds."""
    if settings not in _SEARCHES:
        search = CompiledSearch(generator, settings)
        _SEARCHES[settings] = tf.function(
            search.generate, input_signature=[tf.TensorSpec((None, None), tf.int32)], autograph=False
        )
    return _SEARCHES[settings]


@pytest.mark.slow
def test_warm_up_requests_have_every_compiled_length(compiled, translator):
    lengths = set()
    for record in tf.data.TFRecordDataset(str(compiled / WARMUP_FILE)):
        log = prediction_log_pb2.PredictionLog.FromString(record.numpy())
        texts = tf.make_ndarray(log.predict_log.request.inputs["text"]).tolist()
        if len(texts) == 1:
            lengths.add(translator.tokenizers.encode_source(texts, translator.config.max_length).shape[1])
    assert any(length <= 16 for length in lengths)
    assert any(16 < length <= 32 for length in lengths)


@pytest.mark.slow
def test_the_card_names_the_option_of_the_server(compiled):
    assert "--xla_cpu_compilation_enabled=true" in (compiled / "README.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("settings", "received"),
    [
        ({"sample": True}, "sample=True"),
        ({"no_repeat_ngram": 3}, "no_repeat_ngram=3"),
        ({"min_length": 2}, "min_length=2"),
    ],
    ids=str,
)
def test_other_searches_are_refused(settings, received, translator, tmp_path):
    with pytest.raises(InputError, match=f"`jit` needs a beam search of one model .* Received: {received}"):
        export_saved_model(translator, tmp_path / "model", SearchSettings(**settings), jit=True)
    assert not (tmp_path / "model").exists()
