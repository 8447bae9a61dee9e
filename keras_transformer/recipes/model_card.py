import pathlib

from keras_transformer.recipes.history import HISTORY_NAME, last_scores
from keras_transformer.version import __version__

CARD_NAME = "README.md"


def write_model_card(path, recipe, config, minutes=None):
    """Writes the model card: what the model is, what it was trained on, how well it does, how to use it.

    Args:
        path: the model folder.
        recipe: the `Recipe` as run.
        config: the `TransformerConfig`.
        minutes: how long training took; None where that is not known, as after a resumed training.
    """
    path = pathlib.Path(path)
    lines = [
        f"# {path.name}",
        "",
        "An encoder-decoder Transformer for translation, trained with keras-transformer " + __version__ + ".",
        "",
        "## Use",
        "",
        "```sh",
        f'echo "a sentence" | keras-transformer translate {path.name}',
        "```",
        "",
        f"Sentences of more than {config.max_length - 1} tokens are cut there.",
        "",
        "## Model",
        "",
        *_table(config.to_dict()),
        "",
        "## Training",
        "",
        *_table({**_data_of(recipe), **recipe.training.model_dump(exclude_none=True), **_duration(minutes)}),
    ]
    history = last_scores(path / HISTORY_NAME)
    scores = {name: f"{value:.4f}" for name, value in history.items() if name.startswith("val_")}
    if scores:
        lines += ["", "## Validation, last epoch", "", *_table(scores)]
    (path / CARD_NAME).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _data_of(recipe):
    """The data section with file names only: folders are the business of the machine that trained."""
    keys = recipe.data.model_dump(exclude_none=True)
    return {key: pathlib.Path(value).name if isinstance(value, str) else value for key, value in keys.items()}


def _duration(minutes):
    return {} if minutes is None else {"minutes": f"{minutes:.1f}"}


def _table(fields):
    return ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in fields.items())]
