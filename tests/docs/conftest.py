"""Fixtures of the examples of docstrings and pages: a small corpus, and a model trained on it."""

import gzip
import itertools
import shutil

import keras
import pytest

import keras_transformer as kt
from keras_transformer.corpora.phrases import phrase_pairs

FIRST = ("나는 어제 카페에 갔다.", "I went to the cafe yesterday.")
PAIRS = [FIRST, *[pair for pair in phrase_pairs()[::500] if pair != FIRST][:40]]
SIZES = {
    "num_encoder_layers": 1,
    "num_decoder_layers": 1,
    "hidden_dim": 32,
    "intermediate_dim": 64,
    "num_heads": 2,
    "dropout": 0.0,
    "normalize_first": True,
    "max_length": 64,
}
STEPS = 200
# A recipe that trains in seconds.
RECIPE = """\
[data]
train_source = "train.ko"
train_target = "train.en"
validation_source = "validation.ko"
validation_target = "validation.en"

[vocabulary]
size = 380

[model]
num_encoder_layers = 1
num_decoder_layers = 1
hidden_dim = 16
intermediate_dim = 32
num_heads = 2

[training]
epochs = 1
precision = "float32"

[evaluation]
at_end = false
"""


def write_corpus(folder):
    """Writes the files that the examples use."""
    for name, pairs in (("train", PAIRS), ("validation", PAIRS[:8]), ("test", PAIRS[:8])):
        for language, lines in zip(("ko", "en"), zip(*pairs)):
            text = "".join(line + "\n" for line in lines)
            (folder / f"{name}.{language}").write_text(text, encoding="utf-8")
    (folder / "train.en.gz").write_bytes(gzip.compress((folder / "train.en").read_bytes()))
    (folder / "train.align").write_text("0-0\n" * len(PAIRS), encoding="utf-8")
    table = "".join(f"{english}\t{korean}\n" for korean, english in PAIRS)
    (folder / "kor.txt").write_text(table, encoding="utf-8")
    (folder / "my.toml").write_text(RECIPE, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def learned():
    """A tokenizer and a trained model."""
    keras.utils.set_random_seed(0)
    tokenizer = kt.text.learn_vocabulary(itertools.chain(*PAIRS), vocabulary_size=380)
    config = kt.TransformerConfig(vocabulary_size=tokenizer.vocabulary_size, **SIZES)
    model = kt.build_transformer(config)
    # With a constant rate, the last steps can spoil the model.
    rate = keras.optimizers.schedules.PolynomialDecay(0.01, STEPS, 0.0001)
    model.compile(keras.optimizers.Adam(rate), loss=kt.losses.SmoothedCrossEntropy(0.1), jit_compile=False)
    batches = kt.data.token_batches(kt.data.listed_pairs(PAIRS), tokenizer, batch_tokens=2048)
    model.fit(batches.repeat(), steps_per_epoch=STEPS, shuffle=False, verbose=0)
    return tokenizer, model


@pytest.fixture(scope="session")
def folder(learned, tmp_path_factory):
    """A folder with the files and the model folder that the examples use."""
    tokenizer, model = learned
    folder = write_corpus(tmp_path_factory.mktemp("examples"))
    texts = kt.text.TextFacts(source_language="ko", target_language="en")
    kt.Translator(model, tokenizer, texts=texts).save(folder / "models" / "phrases")
    # Exports are compared with the model on them.
    for side, language in (("source", "ko"), ("target", "en")):
        shutil.copy(folder / f"validation.{language}", folder / "models" / "phrases" / f"validation.{side}.txt")
    return folder
