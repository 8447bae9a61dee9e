"""Translators of a few sentences, and texts for them."""

import keras

from keras_transformer.data import listed_pairs, token_batches
from keras_transformer.losses import SmoothedCrossEntropy
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.text import learn_vocabulary
from keras_transformer.translator import Translator

SOURCES = [
    "나는 어제 카페에 갔다.",
    "그는 오늘 학교에 간다.",
    "고양이가 물을 마신다.",
    "우리는 내일 책을 산다.",
    "아이가 밥을 먹는다.",
]
TARGETS = [
    "I went to the cafe yesterday.",
    "He goes to school today.",
    "The cat drinks water.",
    "We buy a book tomorrow.",
    "The child eats rice.",
]
# Known words in other orders, characters that are in no vocabulary, and invisible text.
TEXTS = [
    *SOURCES,
    "카페에 고양이가 간다.",
    "",
    "   ",
    "\u200b\ufeff\u3000",
    "\u00ad\u2800\u200d\ufe0f",
    "나는 책을 산다 그는 밥을 먹는다 우리는 물을 마신다.",
    "龍 été 🙂 나는",
    "@",
    "내일",
]
# Visible texts that the normalisation removes, so they have no tokens.
TEXTS_WITHOUT_TOKENS = ["\ufffd", "▁"]


def trained_translator(seed=1, shared=True, steps=60, tokenizers=None, targets=TARGETS, **overrides):
    """A translator that has learned the few sentences, so that their translations differ.

    Args:
        seed: of the weights.
        shared: whether both languages share a vocabulary.
        steps: number of training steps; 0 keeps the initial weights.
        tokenizers: those of both languages. Default None: learned of the sentences.
        targets: the translations of `SOURCES`.
        **overrides: fields of the config.
    """
    if tokenizers is not None:
        shared = tokenizers[0] == tokenizers[1]
    elif shared:
        tokenizers = (learn_vocabulary(SOURCES + TARGETS, vocabulary_size=325),) * 2
    else:
        tokenizers = learn_vocabulary(SOURCES, vocabulary_size=294), learn_vocabulary(TARGETS, vocabulary_size=290)
    sizes = [tokenizer.vocabulary_size for tokenizer in tokenizers]
    fields = {
        "vocabulary_size": sizes[0],
        "target_vocabulary_size": None if shared else sizes[1],
        "num_encoder_layers": 1,
        "num_decoder_layers": 2,
        "hidden_dim": 32,
        "intermediate_dim": 48,
        "num_heads": 2,
        "dropout": 0.0,
        "max_length": 40,
    }
    keras.utils.set_random_seed(seed)
    model = build_transformer(TransformerConfig(**{**fields, **overrides}))
    if steps:
        batches = token_batches(listed_pairs(list(zip(SOURCES, targets))), *tokenizers, batch_tokens=512)
        model.compile(keras.optimizers.Adam(0.005), loss=SmoothedCrossEntropy(0.1), jit_compile=False)
        model.fit(batches.repeat(), steps_per_epoch=steps, shuffle=False, verbose=0)
    return Translator(model, *tokenizers)
