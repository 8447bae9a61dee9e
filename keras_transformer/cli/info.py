import importlib.metadata
import pathlib

import click

from keras_transformer.callbacks.history_rows import HISTORY_NAME, last_scores
from keras_transformer.cli.standard_output import check_standard_output, print_result
from keras_transformer.files.strict_json import json_text
from keras_transformer.models.weight_shapes import count_weights
from keras_transformer.saving.model_files import load_scores, read_model_files
from keras_transformer.version import __version__

# The distributions of TensorFlow.
_TENSORFLOW = ("tensorflow", "tensorflow-cpu", "tf-nightly")


@click.command()
@click.argument("model", type=click.Path(path_type=pathlib.Path))
def info(model):
    """Describe MODEL, a model folder, as JSON: config, parameters, vocabulary, languages, epochs, scores, versions.

    The scores are from validation: those of the last epoch, and the model's own `bleu` and `chrf`.
    """
    check_standard_output()
    _, config, _, tokenizers, texts = read_model_files(model)
    scores = last_scores(model / HISTORY_NAME)
    last_epoch = scores.pop("epoch", None)
    print_result(
        json_text(
            {
                "config": config.to_dict(),
                "parameters": count_weights(config),
                "vocabulary": {
                    "shared": tokenizers.is_shared,
                    "source": tokenizers.source.vocabulary_size,
                    "target": tokenizers.target.vocabulary_size,
                },
                "languages": {"source": texts.source_language, "target": texts.target_language},
                **({"directions": [list(direction) for direction in texts.directions]} if texts.directions else {}),
                # The history counts from 0.
                "epochs": None if last_epoch is None else int(last_epoch) + 1,
                "scores": {**scores, **load_scores(model)},
                "versions": {
                    "keras_transformer": __version__,
                    "keras": _version("keras"),
                    "tensorflow": _version(*_TENSORFLOW),
                },
            },
            indent=2,
        )
    )


def _version(*distributions):
    """Returns the version of the first installed distribution, or None. An import would take seconds."""
    for name in distributions:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return None
