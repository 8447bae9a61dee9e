import json
import pathlib

import click
import keras
import tensorflow as tf

from keras_transformer.callbacks.history_file import HISTORY_NAME, last_scores
from keras_transformer.model_folder import load_config, load_scores, load_tokenizers
from keras_transformer.models import build_transformer
from keras_transformer.version import __version__


@click.command(short_help="Describe a model, as JSON.")
@click.argument("model", type=click.Path(path_type=pathlib.Path))
def info(model):
    """Describe MODEL, a model folder, as JSON: config, parameters, vocabulary, scores, versions.

    The scores are those of the last epoch, and as `bleu` and `chrf` those of the model itself, on validation sentences.
    """
    config = load_config(model)
    source_tokenizer, target_tokenizer = load_tokenizers(model)
    shared = source_tokenizer == target_tokenizer
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
                "scores": {**last_scores(model / HISTORY_NAME), **load_scores(model)},
                "versions": {
                    "keras_transformer": __version__,
                    "keras": keras.__version__,
                    "tensorflow": tf.__version__,
                },
            },
            indent=2,
        )
    )
