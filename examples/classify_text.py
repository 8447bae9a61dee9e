"""Text classification with `kt.layers.TransformerEncoder`: does a review end with praise or with criticism?

Every review praises one thing and criticises another: "the food was great but the service was not good". If the two
clauses change places, the words are the same and the label is the opposite. A model that ignores the order of words can
only guess. The control trains the same model on reviews with shuffled words.

Usage: python examples/classify_text.py [--steps STEPS] [--seed SEED]
"""

import argparse
import random
import sys

import numpy as np

import keras_transformer as kt

kt.use_onednn()  # isort: split  (before Keras imports TensorFlow)
import keras

LOWEST_ACCURACY = 0.95
HIGHEST_CONTROL = 0.55
BATCH_SIZE, NUM_TEST, MAX_LENGTH = 64, 2000, 24

GOOD = ["good", "great", "fresh", "cheap", "excellent", "lovely", "quick", "perfect"]
BAD = ["bad", "awful", "stale", "expensive", "terrible", "boring", "slow", "mediocre"]
THINGS = ["food", "service", "music", "room", "view"]
STARTS = ["", "", "yesterday", "to be honest", "as far as we know"]
DEGREES = ["", "", "very", "really", "quite"]
LINKS = ["but", "although", "while", "and yet"]
WORDS = sorted(set(" ".join(["the was not", *GOOD, *BAD, *THINGS, *STARTS, *DEGREES, *LINKS]).split()))
TOKEN_IDS = {word: number for number, word in enumerate(WORDS, start=1)}  # 0 is padding.


def make_review(generator):
    """Returns a review and its label: 1 if the last clause is praise."""
    label = generator.randrange(2)
    parts = [generator.choice(STARTS), clause(1 - label, generator), generator.choice(LINKS), clause(label, generator)]
    return " ".join(part for part in parts if part), label


def clause(is_praise, generator):
    is_negated = generator.random() < 0.2
    adjective = generator.choice(GOOD if is_praise != is_negated else BAD)
    words = ["the", generator.choice(THINGS), "was", "not" * is_negated, generator.choice(DEGREES), adjective]
    return " ".join(word for word in words if word)


def make_reviews(count, generator, excluded=()):
    reviews = (make_review(generator) for _ in iter(int, None))
    new = (review for review in reviews if review[0] not in excluded)
    texts, labels = zip(*(next(new) for _ in range(count)))
    return list(texts), np.array(labels, "float32")


def shuffle_words(text, generator):
    words = text.split()
    return " ".join(generator.sample(words, len(words)))


def to_ids(texts):
    rows = np.zeros((len(texts), MAX_LENGTH), "int32")
    for row, text in zip(rows, texts):
        words = text.split()
        row[: len(words)] = [TOKEN_IDS[word] for word in words]
    return rows


def build_model():
    token_ids = keras.Input((None,), dtype="int32")
    mask = kt.layers.PaddingMask()(token_ids)
    x = kt.layers.PositionalEmbedding(len(WORDS) + 1, hidden_dim=64, max_length=MAX_LENGTH)(token_ids)
    for _ in range(2):
        x = kt.layers.TransformerEncoder(intermediate_dim=128, num_heads=4)(x, padding_mask=mask)
    x = keras.layers.GlobalAveragePooling1D()(x, mask=mask)
    return keras.Model(token_ids, keras.layers.Dense(1, activation="sigmoid")(x))


def train(steps, seed, shuffled=False):
    """Trains a model on `steps` batches of new reviews and returns its accuracy on reviews that it has not seen."""
    keras.utils.set_random_seed(seed)
    generator = random.Random(seed)
    texts, labels = make_reviews(steps * BATCH_SIZE, generator)
    test_texts, test_labels = make_reviews(NUM_TEST, generator, excluded=set(texts))
    if shuffled:
        texts, test_texts = ([shuffle_words(text, generator) for text in each] for each in (texts, test_texts))
    model = build_model()
    model.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy", metrics=["accuracy"], jit_compile=False)
    model.fit(to_ids(texts), labels, batch_size=BATCH_SIZE, verbose=2)
    return model.evaluate(to_ids(test_texts), test_labels, batch_size=256, verbose=0)[1]


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=300, help="training steps [default: %(default)s]")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    text, label = make_review(random.Random(options.seed))
    print(f"example: {text!r}, label {label}")
    accuracy = train(options.steps, options.seed)
    control = train(options.steps, options.seed, shuffled=True)
    print(f"accuracy {accuracy:.1%} (required: at least {LOWEST_ACCURACY:.0%})")
    print(f"accuracy with shuffled words {control:.1%} (required: at most {HIGHEST_CONTROL:.0%}; 50 % is chance)")
    return 0 if accuracy >= LOWEST_ACCURACY and control <= HIGHEST_CONTROL else 1


if __name__ == "__main__":
    sys.exit(main())
