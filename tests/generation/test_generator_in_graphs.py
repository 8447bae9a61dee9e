"""The search as a SavedModel and as TFLite."""

import numpy as np
import pytest
import tensorflow as tf
from slow_search import sentences, small_model

from keras_transformer.export.tflite import convert_tflite
from keras_transformer.generation import Generator


@pytest.fixture(scope="module")
def generator():
    return Generator(small_model(seed=4, vocabulary_size=601, normalize_first=True))


@pytest.fixture(scope="module")
def saved_model(generator, tmp_path_factory):
    """The folder of a SavedModel whose signature `translate` has two dynamic dimensions."""
    path = str(tmp_path_factory.mktemp("saved_model"))
    module = tf.Module()
    # The module must track the model's variables.
    module.variables_of_the_model = [weight.value for weight in all_weights(generator)]

    @tf.function(input_signature=[tf.TensorSpec((None, None), tf.int32, name="source_ids")])
    def translate(source_ids):
        return generator.generate(source_ids, beam_size=3, n_best=3)._asdict()

    module.translate = translate
    tf.saved_model.save(module, path, signatures={"translate": translate})
    return path


def all_weights(generator):
    parts = generator.parts
    layers = [parts.source_embedding, *parts.encoders, parts.encoder_norm, *parts.decoders, parts.decoder_norm]
    return [weight for layer in layers for weight in layer.weights]


def operations(function):
    graph = function.graph.as_graph_def()
    nodes = [*graph.node, *[node for library in graph.library.function for node in library.node_def]]
    return {node.op for node in nodes}


@pytest.mark.slow
def test_a_saved_model_gives_the_same_translations(generator, saved_model):
    loaded = tf.saved_model.load(saved_model).signatures["translate"]
    for lengths in [(4, 2, 7), (1,)]:
        source_ids = sentences(lengths, vocabulary_size=601)
        expected = generator.generate(source_ids, beam_size=3, n_best=3)
        found = loaded(tf.constant(source_ids))
        np.testing.assert_array_equal(found["token_ids"], expected.token_ids)
        np.testing.assert_allclose(found["scores"], expected.scores, atol=1e-5)


def test_a_saved_model_holds_no_xla_and_no_python(saved_model):
    found = operations(tf.saved_model.load(saved_model).signatures["translate"])
    assert "TopKV2" in found
    assert not [name for name in found if name.startswith("Xla") or "PyFunc" in name]


@pytest.mark.slow
def test_tflite_with_its_own_operations_gives_the_same_translations(generator, saved_model):
    interpreters = pytest.importorskip("ai_edge_litert.interpreter", reason="needs ai-edge-litert")
    content, failure = convert_tflite.convert(saved_model, ["translate"], quantize=None, allow_text=False)
    assert failure is None
    interpreter = interpreters.Interpreter(model_content=content)
    translate = interpreter.get_signature_runner("translate")
    for lengths in [(4, 2, 7), (1,), (12, 3, 5, 9)]:
        source_ids = sentences(lengths, vocabulary_size=601)
        expected = generator.generate(source_ids, beam_size=3, n_best=3)
        found = translate(source_ids=source_ids)
        np.testing.assert_array_equal(found["token_ids"], expected.token_ids)
        np.testing.assert_allclose(found["scores"], expected.scores, atol=1e-4)
