import keras
import pytest

from keras_transformer import data, losses, schedules, text
from keras_transformer.callbacks import TranslationScores
from keras_transformer.evaluation import corpus_scores
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.translator import Translator

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


def test_the_scores_of_the_weights_as_they_are_go_to_the_logs(tokenizer):
    model, history = fitted(tokenizer, TranslationScores(PAIRS[:6], tokenizer, tokenize="none"), epochs=2)
    translations = Translator(model, tokenizer).translate([source for source, _ in PAIRS[:6]], beam_size=1)
    expected = corpus_scores(translations, [target for _, target in PAIRS[:6]], "none")
    assert history["val_bleu"][-1] == expected["bleu"]
    assert history["val_chrf"][-1] == expected["chrf"]
    assert len(history["val_bleu"]) == 2


def test_epochs_between_evaluations_repeat_the_last_scores(tokenizer):
    _, history = fitted(tokenizer, TranslationScores(PAIRS[:6], tokenizer, every=2), epochs=5)
    chrf = history["val_chrf"]
    assert chrf[0] == 0.0
    assert chrf[1] == chrf[2] > 0
    assert chrf[3] == chrf[4]


def test_nothing_to_translate_is_refused(tokenizer):
    with pytest.raises(ValueError, match="`pairs` must hold at least one sentence pair. Received none."):
        TranslationScores([], tokenizer)


def test_a_period_below_one_is_refused(tokenizer):
    with pytest.raises(ValueError, match="`every` must be at least 1. Received: every=0."):
        TranslationScores(PAIRS, tokenizer, every=0)
