"""A decoder-only language model from encoder blocks with `use_causal_mask=True`.

The text is the English side of the embedded corpus, 54,576 sentences of a small grammar. All sentences of the grammar
are equally probable, so the lowest possible perplexity of new sentences is known: exp(log(number of sentences) / mean
number of tokens). The script prints this bound, the perplexity of the model, and sentences drawn from the model.

Usage: python examples/language_model.py [--steps STEPS] [--seed SEED]
"""

import argparse
import math
import sys

import numpy as np

import keras_transformer as kt

kt.use_onednn()  # isort: split  (before Keras imports TensorFlow)
import keras

from keras_transformer.corpora.phrases import phrase_pairs, phrase_splits

HIGHEST_PERPLEXITY = 3.0
BATCH_SIZE, MAX_LENGTH, NUM_SAMPLES = 128, 18, 200
PADDING, START, END = 0, 1, 2


def split_words(sentence):
    return sentence.replace(".", " .").replace("?", " ?").split()


def to_ids(sentences, token_ids):
    """Returns inputs, which begin with the start token, and labels, which end with the end token."""
    inputs, labels = np.zeros((2, len(sentences), MAX_LENGTH), "int32")
    for number, sentence in enumerate(sentences):
        ids = [token_ids[word] for word in split_words(sentence)]
        inputs[number, : len(ids) + 1] = [START, *ids]
        labels[number, : len(ids) + 1] = [*ids, END]
    return inputs, labels


def build_model(vocabulary_size, hidden_dim=128):
    token_ids = keras.Input((None,), dtype="int32")
    embedding = kt.layers.PositionalEmbedding(vocabulary_size, hidden_dim, max_length=MAX_LENGTH)
    x = embedding(token_ids)
    for _ in range(2):
        block = kt.layers.TransformerEncoder(intermediate_dim=256, num_heads=4, normalize_first=True)
        x = block(x, use_causal_mask=True)
    x = keras.layers.LayerNormalization()(x)
    return keras.Model(token_ids, embedding(x, reverse=True))  # The embeddings are also the output projection.


def draw_sentences(model, words, generator):
    """Draws sentences token by token, each from the probabilities of the next token."""
    token_ids = np.zeros((NUM_SAMPLES, MAX_LENGTH), "int32")
    token_ids[:, 0] = START
    for length in range(1, MAX_LENGTH):
        logits = model.predict(token_ids, batch_size=NUM_SAMPLES, verbose=0)[:, length - 1]
        # The maximum of logits plus Gumbel noise is a draw from their softmax.
        token_ids[:, length] = np.argmax(logits + generator.gumbel(size=logits.shape), axis=-1)
    for row in token_ids[:, 1:]:
        end = np.argmax(row == END) if END in row else len(row)
        yield " ".join(words[number] for number in row[:end]).replace(" .", ".").replace(" ?", "?")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=600, help="training steps [default: %(default)s]")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    keras.utils.set_random_seed(options.seed)
    generator = np.random.default_rng(options.seed)

    splits = {name: sorted({english for _, english in pairs}) for name, pairs in phrase_splits().items()}
    words = ["<padding>", "<start>", "<end>"]
    words += sorted({word for sentence in splits["train"] for word in split_words(sentence)})
    token_ids = {word: number for number, word in enumerate(words)}
    batches = generator.choice(splits["train"], options.steps * BATCH_SIZE)
    test = to_ids(splits["test"], token_ids)

    model = build_model(len(words))
    schedule = kt.schedules.WarmupSchedule(
        peak=2e-3, warmup_steps=max(1, options.steps // 10), decay="cosine", total_steps=options.steps + 1
    )
    model.compile(
        keras.optimizers.Adam(schedule),
        kt.losses.SmoothedCrossEntropy(),
        metrics=[kt.metrics.Perplexity()],
        jit_compile=False,
    )
    model.fit(*to_ids(batches, token_ids), batch_size=BATCH_SIZE, verbose=2)

    perplexity = model.evaluate(*test, batch_size=250, verbose=0)[1]
    num_sentences = sum(len(splits[name]) for name in ("train", "validation", "test"))
    bound = math.exp(math.log(num_sentences) / np.mean(np.sum(test[1] != PADDING, axis=1)))
    sentences = list(draw_sentences(model, words, generator))
    print("\n".join(sentences[:5]))
    grammar = {english for _, english in phrase_pairs()}
    known = np.mean([sentence in grammar for sentence in sentences])
    print(f"{known:.1%} of {NUM_SAMPLES} drawn sentences are sentences of the grammar")
    print(f"perplexity {perplexity:.3f} (required: at most {HIGHEST_PERPLEXITY}; lowest possible: {bound:.3f})")
    return 0 if perplexity <= HIGHEST_PERPLEXITY else 1


if __name__ == "__main__":
    sys.exit(main())
