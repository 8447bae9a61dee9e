import csv
import json
import pathlib

import click
import keras
import tensorflow as tf

from keras_transformer.model_folder import load_config, load_tokenizers
from keras_transformer.models import build_transformer
from keras_transformer.recipes.train_recipe import HISTORY_NAME
from keras_transformer.version import __version__


@click.command()
@click.argument("model", type=click.Path(path_type=pathlib.Path))
def info(model):
    """Print what MODEL (a model folder) is, as JSON: config, parameters, vocabulary, scores, versions."""
    config = load_config(model)
    source_tokenizer, target_tokenizer = load_tokenizers(model)
    shared = source_tokenizer.model == target_tokenizer.model
    click.echo(
        json.dumps(
            {
                "config": config.to_dict(),
                "parameters": build_transformer(config).count_params(),
                "vocabulary": {
                    "shared": shared,
                    "source": source_tokenizer.vocabulary_size,
                    "target": target_tokenizer.vocabulary_size,
                },
                "scores": _last_scores(model / HISTORY_NAME),
                "versions": {
                    "keras_transformer": __version__,
                    "keras": keras.__version__,
                    "tensorflow": tf.__version__,
                },
            },
            indent=2,
        )
    )


def _last_scores(path):
    """The last row of the training history as numbers; nothing where the model was not trained by a recipe."""
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: float(value) for name, value in rows[-1].items() if value} if rows else {}
