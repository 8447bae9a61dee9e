"""Dates written out, character by character: "2027-09-27" to "September twenty-seventh, 2027".

`kt.build_transformer` makes the model, `model.fit` trains it on token ids, and `kt.generation.Generator` writes the
output. Each character is a token, so no vocabulary has to be learned.

Usage: python examples/write_out_dates.py [--steps STEPS] [--seed SEED]
"""

import argparse
import datetime
import sys

import numpy as np

import keras_transformer as kt

kt.use_onednn()  # isort: split  (before Keras imports TensorFlow)
import keras

from keras_transformer.special_tokens import END_ID, PADDING_ID, START_ID

LOWEST_EXACT = 0.98
BATCH_SIZE, NUM_TEST = 128, 1000
FORMATS = ["%Y-%m-%d", "%d/%m/%Y", "%d %b %Y"]
FIRST_DAY, NUM_DAYS = datetime.date(1900, 1, 1), 73_049  # To 2099-12-31.
ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]
ORDINALS += ["eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth"]
ORDINALS += ["nineteenth", "twentieth", *[f"twenty-{ordinal}" for ordinal in ORDINALS[:9]], "thirtieth", "thirty-first"]
# `strftime` writes months in the language of the machine.
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October"]
MONTHS += ["November", "December"]

CHARACTERS = sorted(set("0123456789-/ ,".join([*MONTHS, *ORDINALS])))
TOKEN_IDS = {character: number for number, character in enumerate(CHARACTERS, start=END_ID + 1)}


def make_pair(day, style):
    date = FIRST_DAY + datetime.timedelta(days=int(day))
    month = MONTHS[date.month - 1]
    source = date.strftime(FORMATS[style].replace("%b", month[:3]))
    return source, f"{month} {ORDINALS[date.day - 1]}, {date.year}"


def to_ids(texts, first=(), last=()):
    """Returns one row of token ids per text, padded with 0."""
    rows = [[*first, *(TOKEN_IDS[character] for character in text), *last] for text in texts]
    padded = np.full((len(rows), max(map(len, rows))), PADDING_ID, "int32")
    for row, ids in zip(padded, rows):
        row[: len(ids)] = ids
    return padded


def to_text(token_ids):
    return "".join(CHARACTERS[number - END_ID - 1] for number in token_ids if number > END_ID)


def write_out(model, sources):
    hypotheses = kt.generation.Generator(model).generate(to_ids(sources, last=[END_ID]), beam_size=1)
    return [to_text(row) for row in hypotheses.token_ids[:, 0].numpy()]


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=400, help="training steps [default: %(default)s]")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    keras.utils.set_random_seed(options.seed)
    generator = np.random.default_rng(options.seed)

    days = generator.permutation(NUM_DAYS)
    test_days, train_days = days[:NUM_TEST], days[NUM_TEST:]
    drawn = generator.choice(train_days, options.steps * BATCH_SIZE)
    pairs = [make_pair(day, generator.integers(len(FORMATS))) for day in drawn]
    sources, targets = zip(*pairs)

    config = kt.TransformerConfig(
        vocabulary_size=END_ID + 1 + len(CHARACTERS),
        num_encoder_layers=2,
        num_decoder_layers=2,
        hidden_dim=64,
        intermediate_dim=128,
        num_heads=4,
        dropout=0.0,
        normalize_first=True,
        max_length=40,
    )
    model = kt.build_transformer(config)
    schedule = kt.schedules.WarmupSchedule(
        peak=3e-3, warmup_steps=max(1, options.steps // 10), decay="cosine", total_steps=options.steps + 1
    )
    model.compile(
        keras.optimizers.Adam(schedule, beta_2=0.98),
        kt.losses.SmoothedCrossEntropy(),
        metrics=[kt.metrics.TokenAccuracy()],
        jit_compile=False,
    )
    inputs = {"source_ids": to_ids(sources, last=[END_ID]), "target_ids": to_ids(targets, first=[START_ID])}
    model.fit(inputs, to_ids(targets, last=[END_ID]), batch_size=BATCH_SIZE, verbose=2)

    test_sources, test_targets = zip(*(make_pair(day, number % len(FORMATS)) for number, day in enumerate(test_days)))
    outputs = write_out(model, test_sources)
    for source, output in list(zip(test_sources, outputs))[:3]:
        print(f"{source}  ->  {output}")
    exact = np.mean([output == target for output, target in zip(outputs, test_targets)])
    print(f"exact match {exact:.1%} of {NUM_TEST:,} new dates (required: at least {LOWEST_EXACT:.0%})")
    return 0 if exact >= LOWEST_EXACT else 1


if __name__ == "__main__":
    sys.exit(main())
