"""The LSTM models that the Transformer is compared with are correct, and the comparison can be interrupted."""

import dataclasses
import json

import compare_lstm
import keras
import numpy as np
import pytest
import tensorflow as tf
from lstm_comparison.lstm_layer import LSTMLayer
from lstm_comparison.lstm_translator import LSTMTranslator, count_parameters, units_for
from lstm_comparison.report import final_runs, spread
from lstm_comparison.runs import add_record, best_rate, finished_runs, missing_seeds, missing_trials, train_run
from lstm_comparison.settings import KINDS, LEARNING_RATES, LSTM, LSTM_ATTENTION, SEEDS, SETTINGS, TRANSFORMER
from lstm_comparison.speed import sequential_steps
from lstm_comparison.texts import Texts

import keras_transformer as kt

pytestmark = pytest.mark.slow

SOURCE = np.array([[5, 6, 7, 3], [8, 3, 0, 0]], "int32")
TARGET = np.array([[2, 5, 9, 4], [2, 7, 0, 0]], "int32")


@pytest.fixture(params=[True, False], ids=["attention", "no attention"])
def translator(request):
    translator = LSTMTranslator(vocabulary_size=20, units=8, attention=request.param, dropout=0.1)
    generator = np.random.default_rng(1)
    for weight in translator.model.trainable_weights:
        weight.assign(generator.normal(0, 0.7, weight.shape))
    return translator


def test_the_fused_layer_is_keras_lstm():
    inputs = np.random.default_rng(0).normal(size=(2, 5, 6)).astype("float32")
    ours, theirs = LSTMLayer(4), keras.layers.LSTM(4, return_sequences=True, bias_initializer="normal")
    expected = theirs(inputs)
    kernel, recurrent_kernel, bias = theirs.get_weights()
    ours.build((None, None, 6))

    def in_our_order(weights):  # Keras: input, forget, candidate, output. The fused kernel: candidate before forget.
        gates = np.split(weights, 4, axis=-1)
        return np.concatenate([gates[0], gates[2], gates[1], gates[3]], axis=-1)

    bias = in_our_order(bias)
    bias[8:12] -= 1.0  # The fused kernel adds 1 to the forget gate.
    ours.set_weights([in_our_order(np.concatenate([kernel, recurrent_kernel])), bias])
    _, outputs = ours(inputs.transpose(1, 0, 2))
    np.testing.assert_allclose(np.transpose(outputs, (1, 0, 2)), expected, atol=1e-6)


def test_the_number_of_parameters_is_computed_exactly(translator):
    attention = translator.decoder.attention
    assert translator.model.count_params() == count_parameters(20, 8, attention)
    assert units_for(count_parameters(20, 8, attention), 20, attention) == 8


def test_all_kinds_have_the_same_number_of_parameters():
    config = kt.TransformerConfig(vocabulary_size=1400, **SETTINGS["phrases"].model, normalize_first=True)
    parameters = kt.build_transformer(config).count_params()
    for attention in (True, False):
        found = count_parameters(1400, units_for(parameters, 1400, attention), attention)
        assert found == pytest.approx(parameters, rel=0.01)


def test_padding_of_the_source_changes_nothing(translator):
    alone = translator.model({"source_ids": SOURCE[1:, :2], "target_ids": TARGET[1:]})
    padded = translator.model({"source_ids": SOURCE, "target_ids": TARGET})
    np.testing.assert_allclose(padded[1], alone[0], atol=1e-5)


def test_a_logit_depends_on_no_later_token(translator):
    changed = TARGET.copy()
    changed[:, 2:] = 11
    first, second = (translator.model({"source_ids": SOURCE, "target_ids": target}) for target in (TARGET, changed))
    np.testing.assert_allclose(first[:, :2], second[:, :2], atol=1e-6)
    assert not np.allclose(first[:, 2], second[:, 2], atol=1e-3)


def test_greedy_search_writes_the_most_probable_tokens(translator):
    found = translator.generate(SOURCE).numpy()
    target = np.concatenate([np.full((2, 1), 2, "int32"), found[:, :-1]], axis=1)
    best = np.argmax(translator.model({"source_ids": SOURCE, "target_ids": target}), axis=-1)
    assert (found[:, 0] != 0).all()
    np.testing.assert_array_equal(np.where(found == 0, 0, best), found)
    for row, source in zip(found, SOURCE):
        written = row[row != 0]
        assert 3 not in written[:-1]
        assert written[-1] == 3 or len(written) == 2 * np.count_nonzero(source) + 10


def test_gradients_reach_every_weight(translator):
    with tf.GradientTape() as tape:
        logits = translator.model({"source_ids": SOURCE, "target_ids": TARGET}, training=True)
        loss = kt.losses.SmoothedCrossEntropy()(TARGET, logits)
    gradients = tape.gradient(loss, translator.model.trainable_variables)
    assert all(np.abs(np.array(gradient)).sum() > 0 for gradient in gradients)


@pytest.mark.parametrize("length", [2, 256])
def test_sequential_steps(length):
    assert sequential_steps(TRANSFORMER, length) == 4
    assert sequential_steps(LSTM, length) == 2 * length + 1
    assert sequential_steps(LSTM_ATTENTION, length) == 3 * length


def record(kind, rate, seed, perplexity):
    groups = {"1": {"texts": 2, "source_tokens": 5.0, "exact": 0.5, "bleu": 50.0}}
    return {
        "task": "train", "corpus": "phrases", "kind": kind, "learning_rate": rate, "seed": seed, "parameters": 10,
        "validation_perplexity": perplexity, "seconds_per_epoch": 1.0, "processor_seconds_per_epoch": 1.0,
        "groups": groups,
    }  # fmt: skip


def test_an_interrupted_comparison_trains_only_the_missing_runs(tmp_path):
    results = tmp_path / "results.jsonl"
    assert len(list(missing_trials(results, "phrases"))) == len(KINDS) * len(LEARNING_RATES)
    assert list(missing_seeds(results, "phrases")) == []
    for kind, rate, seed in list(missing_trials(results, "phrases")):
        add_record(results, record(kind, rate, seed, 3.0 if rate != LEARNING_RATES[1] else 2.0))
    assert list(missing_trials(results, "phrases")) == []
    assert best_rate(results, "phrases", LSTM) == LEARNING_RATES[1]
    missing = list(missing_seeds(results, "phrases"))
    assert missing == [(kind, LEARNING_RATES[1], seed) for seed in SEEDS[1:] for kind in KINDS]
    add_record(results, record(*missing[0], 2.5))
    assert list(missing_seeds(results, "phrases")) == missing[1:]
    assert [run["seed"] for run in final_runs(results, "phrases")[TRANSFORMER]] == [1, 2]


def test_training_before_tuning_is_refused(tmp_path):
    with pytest.raises(SystemExit, match="Run `tune` first"):
        compare_lstm.main(["train", "--results", str(tmp_path / "none.jsonl")])


def test_a_picture_without_results_is_refused(tmp_path):
    with pytest.raises(SystemExit, match="Run `tune`, `train` or `speed` first"):
        compare_lstm.main(["plot", "--results", str(tmp_path / "none.jsonl")])


def test_spread_has_the_median_and_both_ends():
    assert spread([3.0, 1.0, 2.25], 2) == "2.25 (1.00-3.00)"


def test_a_run_is_recorded_and_reported(tmp_path, capsys):
    pairs = [("나는 간다.", "I go."), ("너는 온다.", "You come.")] * 20
    tokenizer = kt.text.learn_vocabulary(line for pair in pairs for line in pair)
    texts = Texts(pairs, pairs[:4], {"1": pairs[:2], "2": pairs[2:4]}, tokenizer, "13a")
    settings = dataclasses.replace(SETTINGS["phrases"], epochs=1, steps_per_epoch=2, batch_tokens=64, max_length=32)
    run = train_run("phrases", texts, LSTM_ATTENTION, 0.001, 1, settings)
    results, picture = tmp_path / "results.jsonl", tmp_path / "lstm.svg"
    for kind in KINDS:
        for rate in LEARNING_RATES:
            add_record(results, {**run, "kind": kind, "learning_rate": rate})
        for length in (2, 4):
            speed = {"task": "speed", "kind": kind, "length": length, "milliseconds": 2.0 * length}
            add_record(results, {**speed, "sequential_steps": sequential_steps(kind, length)})
    assert finished_runs(results, "train", kind=LSTM)[0]["groups"]["2"]["texts"] == 2
    json.dumps(run)
    compare_lstm.main(["tables", "--results", str(results)])
    printed = capsys.readouterr().out
    assert "| LSTM without attention | " in printed
    assert "| 4 | 8.0 | 8.0 | 8.0 | 4 | 12 | 9 |" in printed
    compare_lstm.main(["plot", "--results", str(results), "--output", str(picture)])
    assert picture.read_text().count("<svg") == 1
