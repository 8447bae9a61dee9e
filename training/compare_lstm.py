"""Compares the Transformer with LSTM sequence-to-sequence models of the same number of parameters.

Usage, in this order; every command continues where it was interrupted:

    python training/compare_lstm.py tune --results FILE      # three learning rates for each kind of model
    python training/compare_lstm.py train --results FILE     # three seeds for each kind at its best rate
    python training/compare_lstm.py speed --results FILE     # on an idle machine
    python training/compare_lstm.py tables --results FILE
    python training/compare_lstm.py plot --results FILE --output docs/research/lstm.svg

`--corpus multi30k --data FOLDER` compares on Multi30k. docs/research/lstm.md has models, settings and results.
"""

import argparse
import itertools
import pathlib

import keras_transformer as kt

kt.use_onednn()  # isort: split  (before Keras imports TensorFlow)
from lstm_comparison.report import draw, speed_table, tables
from lstm_comparison.runs import add_record, finished_runs, missing_seeds, missing_trials, train_run
from lstm_comparison.settings import KINDS, SETTINGS
from lstm_comparison.speed import LENGTHS, time_step
from lstm_comparison.texts import load_texts


def tune(options):
    train_all(missing_trials, options)


def train(options):
    if any(missing_trials(options.results, options.corpus)):
        raise SystemExit(f"{options.results}: learning rates are not tuned yet. Run `tune` first.")
    train_all(missing_seeds, options)


def train_all(missing, options):
    """Trains the missing runs one after the other and adds each to the results."""
    texts = load_texts(options.corpus, options.data)
    for kind, rate, seed in itertools.islice(list(missing(options.results, options.corpus)), options.most_runs):
        print(f"{options.corpus}: {kind}, learning rate {rate}, seed {seed}", flush=True)
        record = train_run(options.corpus, texts, kind, rate, seed)
        print(record, flush=True)
        add_record(options.results, record)


def speed(options):
    for length, kind in itertools.product(LENGTHS, KINDS):
        if not finished_runs(options.results, "speed", kind=kind, length=length):
            record = time_step(kind, length)
            print(record, flush=True)
            add_record(options.results, record)


def print_tables(options):
    for corpus in SETTINGS:
        if finished_runs(options.results, "train", corpus=corpus):
            for heading, table in tables(options.results, corpus):
                print(f"{heading}\n\n{table}\n")
    if table := speed_table(options.results):
        print(f"Median time of a training step\n\n{table}")


def plot(options):
    draw(options.results, options.output)


COMMANDS = {"tune": tune, "train": train, "speed": speed, "tables": print_tables, "plot": plot}


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--results", type=pathlib.Path, required=True, help="file of finished runs, one JSON a line")
    parser.add_argument("--corpus", choices=SETTINGS, default="phrases")
    parser.add_argument("--data", type=pathlib.Path, default="data", help="folder of Multi30k [default: data]")
    parser.add_argument("--most-runs", type=int, help="number of runs after which the command ends [default: all]")
    parser.add_argument("--output", type=pathlib.Path, default="docs/research/lstm.svg", help="the picture of `plot`")
    options = parser.parse_args(arguments)
    COMMANDS[options.command](options)


if __name__ == "__main__":
    main()
