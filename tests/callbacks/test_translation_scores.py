import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_transformer import data, losses, schedules, text
from keras_transformer.callbacks import TranslationScores
from keras_transformer.generation import SearchSettings
from keras_transformer.metrics.text_scores import corpus_scores
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.translator import Translator

event_accumulator = pytest.importorskip(
    "tensorboard.backend.event_processing.event_accumulator", reason="the extra `tensorboard` is not installed"
)
PAIRS = [(f"{a} {b} {c}", f"{c} {b} {a}") for a in ("la", "le", "li") for b in ("mo", "mu") for c in ("sa", "so", "si")]


@pytest.fixture(scope="module")
def tokenizer():
    return text.learn_vocabulary((line for pair in PAIRS for line in pair), vocabulary_size=275)


def fitted(tokenizer, *callbacks, epochs):
    config = TransformerConfig(
        vocabulary_size=275,
        num_encoder_layers=1,
        num_decoder_layers=1,
        hidden_dim=16,
        intermediate_dim=32,
        num_heads=2,
        max_length=16,
    )
    model = build_transformer(config)
    schedule = schedules.WarmupSchedule(peak=0.01, warmup_steps=5)
    model.compile(keras.optimizers.Adam(schedule), loss=losses.SmoothedCrossEntropy(), jit_compile=False)
    batches = data.token_batches(data.listed_pairs(PAIRS), tokenizer, batch_tokens=64, max_length=16, steps_per_epoch=4)
    history = model.fit(batches, epochs=epochs, shuffle=False, verbose=0, callbacks=list(callbacks))
    return model, history.history


class Logs(keras.callbacks.Callback):
    """Keeps the logs of every epoch."""

    def on_train_begin(self, logs=None):
        self.epochs = []

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(dict(logs))


@pytest.mark.slow
def test_epochs_without_an_evaluation_have_no_scores(tokenizer):
    logs = Logs()
    fitted(tokenizer, TranslationScores(PAIRS[:6], tokenizer, every=2), logs, epochs=5)
    assert ["val_bleu" in epoch for epoch in logs.epochs] == [False, True, False, True, False]
    assert logs.epochs[1]["val_chrf"] > 0


@pytest.mark.slow
def test_two_sets_have_logs_of_their_own(tokenizer):
    logs = Logs()
    sets = [TranslationScores(PAIRS[:6], tokenizer), TranslationScores(PAIRS[6:9], tokenizer, prefix="test_")]
    fitted(tokenizer, *sets, logs, epochs=1)
    assert {"val_bleu", "val_chrf", "test_bleu", "test_chrf"} <= set(logs.epochs[0])


@pytest.mark.slow
def test_steps_take_the_place_of_epochs(tokenizer, capsys):
    _, history = fitted(tokenizer, TranslationScores(PAIRS[:6], tokenizer, every_steps=3), epochs=2)
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("step ")]
    assert [line.partition(":")[0] for line in lines] == ["step 3", "step 6"]
    # Each epoch has the last score.
    for line, chrf in zip(lines, history["val_chrf"], strict=True):
        assert line.endswith(f"val_chrf {chrf:.2f}")


@pytest.mark.slow
def test_scores_and_samples_of_the_weights_as_they_are_are_logged_and_shown(tokenizer, capsys, tmp_path):
    scores = TranslationScores(PAIRS[:6], tokenizer, tokenize="none", samples=2, log_dir=tmp_path)
    model, history = fitted(tokenizer, scores, epochs=2)
    sources, targets = zip(*PAIRS[:6], strict=True)
    translations = Translator(model, tokenizer).translate(sources, beam_size=1)
    expected = corpus_scores(translations, targets, "none")
    assert history["val_bleu"][-1] == expected["bleu"]
    assert history["val_chrf"][-1] == expected["chrf"]
    assert len(history["val_bleu"]) == 2

    shown = capsys.readouterr().err
    for index in (0, 3):
        rows = f"source:      {sources[index]}\ntranslation: {translations[index]}\nreference:   {targets[index]}\n"
        assert rows in shown

    events = event_accumulator.EventAccumulator(str(tmp_path)).Reload()
    tensors = {tag: events.Tensors(tag) for tag in events.Tags()["tensors"]}
    assert [event.step for event in tensors["val_bleu"]] == [4, 8]
    chrfs = [tf.make_ndarray(event.tensor_proto) for event in tensors["val_chrf"]]
    np.testing.assert_allclose(chrfs, history["val_chrf"], rtol=1e-6)
    table = tf.make_ndarray(tensors["translations"][-1].tensor_proto)
    assert table[1].tolist() == [text.encode() for text in (sources[0], translations[0], targets[0])]


@pytest.mark.slow
def test_scores_of_an_epoch_that_is_interrupted_are_kept(tokenizer):
    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if int(self.model.optimizer.iterations) == 10:
                raise KeyboardInterrupt

    before = TranslationScores(PAIRS[:6], tokenizer, every_steps=9)
    with pytest.raises(KeyboardInterrupt):
        fitted(tokenizer, before, Interrupt(), epochs=3)
    after = TranslationScores(PAIRS[:6], tokenizer, every_steps=9)
    after.set_state(json.loads(json.dumps(before.get_state())))
    logs = {}
    after.on_epoch_end(2, logs)
    assert logs["val_chrf"] > 0
    assert after.get_state() == {}


def test_the_search_is_greedy_or_that_of_the_settings(tokenizer):
    assert TranslationScores(PAIRS, tokenizer).settings == SearchSettings(beam_size=1, n_best=1)
    assert TranslationScores(PAIRS, text.Tokenizers(tokenizer), beam_size=3).beam_size == 3
    settings = SearchSettings(beam_size=2, length_penalty=0.0)
    assert TranslationScores(PAIRS, tokenizer, settings=settings).settings == settings.with_n_best(1)
    with pytest.raises(ValueError, match="Expected `settings` or separate arguments"):
        TranslationScores(PAIRS, tokenizer, beam_size=2, settings=settings)


def test_pairs_may_be_a_dataset(tokenizer):
    assert TranslationScores(data.listed_pairs(PAIRS), tokenizer).pairs == PAIRS


def test_nothing_to_translate_is_refused(tokenizer):
    with pytest.raises(ValueError, match="`pairs` must have at least one sentence pair. Received none."):
        TranslationScores([], tokenizer)


def test_a_period_below_one_is_refused(tokenizer):
    with pytest.raises(ValueError, match="`every` must be at least 1. Received: every=0."):
        TranslationScores(PAIRS, tokenizer, every=0)
    with pytest.raises(ValueError, match="`every_steps` must be at least 1. Received: every_steps=0."):
        TranslationScores(PAIRS, tokenizer, every_steps=0)
    with pytest.raises(ValueError, match="`samples` must be a whole number of at least 0. Received: samples=-1."):
        TranslationScores(PAIRS, tokenizer, samples=-1)
