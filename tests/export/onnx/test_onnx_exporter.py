"""The graphs of ONNX: both compute the model, with and without caches, and the client in examples/onnx translates."""

import json
import pathlib
import subprocess
import sys

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
from export_cases import SOURCES, TARGETS, TEXTS, TEXTS_WITHOUT_TOKENS, trained_translator
from marian_folders import LANGUAGES, lines_of, make_plain_folder
from quantized_cases import CHANGES

from keras_transformer.errors import InputError
from keras_transformer.export import Proof, SearchSettings, get_exporter
from keras_transformer.export.onnx.activations import ACTIVATIONS
from keras_transformer.export.onnx.graph_writer import GraphWriter
from keras_transformer.export.onnx.transformer_graphs import TransformerGraphs
from keras_transformer.export.onnx.weights_file import WEIGHTS_NAME, WeightsFile
from keras_transformer.models import TransformerConfig, build_transformer, transformer_parts
from keras_transformer.models.transformer_config import ACTIVATIONS as KERAS_ACTIVATIONS
from keras_transformer.translator import Translator

CLIENT = pathlib.Path(__file__).resolve().parents[3] / "examples" / "onnx" / "translate_onnx.py"
SOURCE = np.array([[9, 20, 31, 3, 0], [7, 8, 30, 12, 3]])
TARGET = np.array([[2, 40, 8, 11], [2, 6, 9, 13]])


def write_graphs(model, folder):
    folder.mkdir()
    with open(folder / WEIGHTS_NAME, "wb") as file:
        graphs = TransformerGraphs(transformer_parts(model), WeightsFile(file))
        written = {"encoder": graphs.encoder(), "decoder": graphs.decoder()}
    for name, graph in written.items():
        graph.save(folder / f"{name}.onnx")


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def logits_of_graphs(folder, lengths, start=()):
    """Returns the logits of `TARGET`, in steps of the given lengths."""
    encoder, decoder = session(folder / "encoder.onnx"), session(folder / "decoder.onnx")
    encoded = dict(zip([each.name for each in encoder.get_outputs()], encoder.run(None, {"source_ids": SOURCE})))
    layers, _, heads, _, width = decoder.get_inputs()[1].shape
    keys = values = np.zeros((layers, len(SOURCE), heads, 0, width), "float32")
    target = np.insert(TARGET, 1, start, axis=1) if start else TARGET
    found = []
    for part in np.split(target, np.cumsum(lengths)[:-1], axis=1):
        logits, keys, values = decoder.run(None, {"target_ids": part, "keys": keys, "values": values, **encoded})
        found.append(logits)
    return np.concatenate(found, axis=1)


MODELS = {
    "post-norm": {},
    "pre-norm": {"normalize_first": True, "activation": "gelu"},
    "untied": {"share_output": False, "output_bias": True, "layer_norm_epsilon": 1e-3},
    "two tables": {"target_vocabulary_size": 60, "num_encoder_layers": 2, "num_decoder_layers": 1},
    "without end": {"source_end": False, "num_heads": 4},
    "prefixes": {"source_prefix": 9, "target_prefix": 10, "first_position": 2, "position_frequencies": "tensor2tensor"},
}


def random_model(**overrides):
    fields = {"vocabulary_size": 50, "hidden_dim": 16, "intermediate_dim": 24, "num_heads": 2, "max_length": 12}
    layers = {"num_encoder_layers": 1, "num_decoder_layers": 2}
    model = build_transformer(TransformerConfig(**{**fields, **layers, **overrides}))
    numbers = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(numbers.normal(size=weight.shape, scale=0.4))
    return model


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in ("pre-norm", "prefixes") else pytest.mark.slow) for name in MODELS]
)
def test_both_graphs_compute_the_model(name, tmp_path):
    model = random_model(**MODELS[name])
    write_graphs(model, tmp_path / "graphs")
    expected = np.array(model({"source_ids": SOURCE, "target_ids": TARGET}))
    prefix = MODELS[name].get("target_prefix")
    for lengths in ([4], [1, 1, 1, 1], [2, 2], [3, 1]):
        if prefix is None:
            found = logits_of_graphs(tmp_path / "graphs", lengths)
        else:
            found = logits_of_graphs(tmp_path / "graphs", [lengths[0] + 1, *lengths[1:]], [prefix])[:, 1:]
        np.testing.assert_allclose(found, expected, atol=2e-5)


def test_both_graphs_share_the_weights(tmp_path):
    model = random_model(hidden_dim=32)
    write_graphs(model, tmp_path / "graphs")
    sizes = {path.name: path.stat().st_size for path in (tmp_path / "graphs").iterdir()}
    assert sizes[WEIGHTS_NAME] < 4 * model.count_params() + 10_000
    for name in ("encoder", "decoder"):
        graph = onnx.load(tmp_path / "graphs" / f"{name}.onnx", load_external_data=False)
        assert graph.opset_import[0].version == 17
        assert all(tensor.raw_data or tensor.external_data for tensor in graph.graph.initializer)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_that_of_keras(name, tmp_path):
    with open(tmp_path / WEIGHTS_NAME, "wb") as file:
        graph = GraphWriter("activation", WeightsFile(file))
        x = graph.input("x", "FLOAT", ["length"])
        graph.output(ACTIVATIONS[name](graph, x), "y", "FLOAT", ["length"])
    graph.save(tmp_path / "activation.onnx")
    inputs = np.linspace(-7, 7, 141, dtype="float32") + np.float32(0.003)
    (found,) = session(tmp_path / "activation.onnx").run(None, {"x": inputs})
    np.testing.assert_allclose(found, np.array(keras.activations.get(name)(inputs)), rtol=1e-5, atol=1e-6)


def test_an_activation_without_a_graph_is_refused_by_name(tmp_path):
    missing = sorted(set(map(keras_name, KERAS_ACTIVATIONS)) - set(ACTIVATIONS))
    assert missing == ["sparse_plus", "sparse_sigmoid", "squareplus"]
    translator = trained_translator(steps=0, activation="squareplus")
    with pytest.raises(InputError, match="The format onnx has the activations .* Received: activation='squareplus'"):
        get_exporter("onnx").export(translator, tmp_path / "folder")
    assert list(tmp_path.iterdir()) == []


def keras_name(name):
    return keras.activations.serialize(keras.activations.get(name))


def translate_by_client(folder, texts, *arguments):
    """Runs the client in a fresh process without this repository."""
    command = [sys.executable, "-P", str(CLIENT), str(folder), *map(str, arguments)]
    result = subprocess.run(command, input="\n".join(texts) + "\n", capture_output=True, encoding="utf-8")
    assert result.returncode == 0, result.stderr
    return result.stdout.removesuffix("\n").split("\n")


def test_the_maximum_length_is_in_the_settings_and_in_the_card(small_translator, tmp_path):
    folder = get_exporter("onnx").export(small_translator, tmp_path / "folder", SearchSettings(max_length=32))
    assert json.loads((folder / "search.json").read_text(encoding="utf-8"))["max_length"] == 32
    assert "A source has at most 31 tokens" in (folder / "README.md").read_text(encoding="utf-8")


LINES = [*TEXTS, *TEXTS_WITHOUT_TOKENS]


def test_the_client_has_60_lines():
    assert len(CLIENT.read_text(encoding="utf-8").splitlines()) <= 60


@pytest.mark.slow
def test_the_client_translates_as_the_model(tmp_path):
    translator = trained_translator()
    folder = get_exporter("onnx").export(translator, tmp_path / "folder")
    assert translate_by_client(folder, LINES) == translator.translate(LINES)
    settings = json.loads((folder / "search.json").read_text(encoding="utf-8"))
    assert (settings["max_length"], settings["start_ids"]) == (40, [2])


@pytest.mark.slow
@pytest.mark.parametrize("beam_size", [1, 3])
@pytest.mark.parametrize("shared", [True, False])
def test_the_client_searches_as_the_model(shared, beam_size, tmp_path):
    translator = trained_translator(steps=20, shared=shared, normalize_first=True)
    folder = get_exporter("onnx").export(translator, tmp_path / "folder")
    found = translate_by_client(folder, LINES, beam_size, 1.0)
    assert found == translator.translate(LINES, beam_size=beam_size, length_penalty=1.0)


def proof_of(translator, path, pairs):
    found = []
    settings = SearchSettings().of_model(translator.config)
    proof = Proof(translator, "onnx", None, settings, pairs, report=found.append)
    get_exporter("onnx").export(translator, path, settings, proof)
    return found[0]


@pytest.mark.slow
@pytest.mark.parametrize("overrides", [{}, {"normalize_first": True, "shared": False}], ids=str)
def test_onnxruntime_passes_the_proof(overrides, tmp_path):
    verification = proof_of(trained_translator(**overrides), tmp_path / "folder", [(text, None) for text in LINES])
    assert verification.identical == len(LINES)
    assert "LayerNormalization" in verification.operations


@pytest.mark.slow
def test_an_imported_model_passes_the_proof(tmp_path):
    translator = Translator.from_marian(make_plain_folder(tmp_path / "given", languages=LANGUAGES, separate=True))
    texts = [*lines_of("source", 12, seed=5), ">>fra<< bade figo", "", "x" * 30]
    assert proof_of(translator, tmp_path / "folder", [(text, None) for text in texts]).identical == len(texts)


@pytest.mark.slow
def test_a_quantised_model_is_compared_by_bleu(tmp_path):
    translator = trained_translator(normalize_first=True)
    CHANGES["int8"](translator.model)
    verification = proof_of(translator, tmp_path / "folder", list(zip(SOURCES, TARGETS)))
    assert verification.rounds_activations
    assert verification.bleu_loss < 0.3
