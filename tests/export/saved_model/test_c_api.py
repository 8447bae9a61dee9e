"""The SavedModel in the C++ loader and session that TensorFlow Serving uses, without TensorFlow's Python."""

import base64
import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from export_cases import TEXTS
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import prediction_log_pb2

PROGRAM = pathlib.Path(__file__).with_name("c_api_session.py")
SITE_PACKAGES = pathlib.Path(tf.__file__).parents[1]


def encoded(value):
    if isinstance(value, list):
        return [encoded(part) for part in value]
    return base64.b64encode(value if isinstance(value, bytes) else value.encode()).decode()


def run_signature(saved_model, name, batches, folder):
    """Returns the result of a signature for each batch: a dictionary of arrays, or of an `error`."""
    content = (saved_model / "saved_model.pb").read_bytes()
    signature = saved_model_pb2.SavedModel.FromString(content).meta_graphs[0].signature_def[name]
    request = {
        "saved_model": str(saved_model),
        "input": signature.inputs["text"].name,
        "outputs": {key: output.name for key, output in signature.outputs.items()},
        "batches": encoded(batches),
    }
    (folder / "request.json").write_text(json.dumps(request))
    command = [sys.executable, str(PROGRAM), str(SITE_PACKAGES), str(folder / "request.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return [decoded(json.loads(line)) for line in done.stdout.splitlines()]


def decoded(outputs):
    if "error" in outputs:
        return outputs
    arrays = {}
    for name, output in outputs.items():
        values = output["values"]
        if name in ("score", "scores", "attention"):
            values = np.array(values, "float32")
        else:
            values = np.array([base64.b64decode(value).decode() for value in values], object)
        arrays[name] = values.reshape(output["shape"])
    return arrays


def test_every_signature_equals_the_translator(saved_model, translator, tmp_path):
    translations, scores = translator.translate(TEXTS, beam_size=3, n_best=2, return_scores=True)
    (found,) = run_signature(saved_model, "n_best", [TEXTS], tmp_path)
    assert found["translations"].tolist() == translations
    np.testing.assert_allclose(found["scores"], scores, atol=1e-5)
    (found,) = run_signature(saved_model, "serving_default", [TEXTS], tmp_path)
    assert found["translation"].tolist() == [row[0] for row in translations]
    np.testing.assert_allclose(found["score"], [row[0] for row in scores], atol=1e-5)
    (found,) = run_signature(saved_model, "attention", [TEXTS], tmp_path)
    assert found["translation"].tolist() == [row[0] for row in translations]
    assert found["attention"].shape == (len(TEXTS), found["target_tokens"].shape[1], found["source_tokens"].shape[1])


def test_odd_requests_do_not_end_the_process(saved_model, tmp_path):
    batches = [[], "a scalar", [["a", "matrix"]], ["x" * 100_000], [b"\xff\xfe"], TEXTS[:1]]
    empty, scalar, matrix, long, invalid, ordinary = run_signature(saved_model, "serving_default", batches, tmp_path)
    assert empty["translation"].shape == (0,)
    for found in (scalar, matrix):
        assert "`text` must have the shape (batch,)" in found["error"]
    for found in (long, invalid, ordinary):
        assert found["translation"].shape == (1,)


@pytest.mark.slow
def test_two_vocabularies_stay_two(translator_of_two, tmp_path):
    saved_model = translator_of_two.export_saved_model(tmp_path / "model", beam_size=2)
    (found,) = run_signature(saved_model, "serving_default", [TEXTS], tmp_path)
    assert found["translation"].tolist() == translator_of_two.translate(TEXTS, beam_size=2)


@pytest.mark.parametrize("signature", ["serving_default", "n_best", "attention"])
def test_the_warm_up_requests_run(saved_model, tmp_path, signature):
    batches = []
    for record in tf.data.TFRecordDataset(str(saved_model / "assets.extra" / "tf_serving_warmup_requests")):
        request = prediction_log_pb2.PredictionLog.FromString(record.numpy()).predict_log.request
        if request.model_spec.signature_name == signature:
            batches.append(tf.make_ndarray(request.inputs["text"]).tolist())
    assert [len(batch) for batch in batches] == [1, 2, 4, 8, 16, 32]
    for batch, found in zip(batches, run_signature(saved_model, signature, batches, tmp_path), strict=True):
        assert "error" not in found
        assert all(len(value) == len(batch) for value in found.values())
