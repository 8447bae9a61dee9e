import csv

from keras_transformer.errors import InputError

HISTORY_NAME = "history.csv"


def last_scores(path):
    """The last row of a training history.

    Args:
        path: the CSV file that `train_recipe` writes, one row an epoch.

    Returns:
        A dictionary from column to number; empty where there is no such file, as beside a model that no recipe trained.
    """
    if not path.is_file():
        return {}
    rows = _rows(path)
    return {name: float(value) for name, value in rows[-1].items() if value} if rows else {}


def read_history(path):
    """A training history by column.

    Args:
        path: the CSV file that `train_recipe` writes, one row an epoch.

    Returns:
        A dictionary of lists of numbers, one an epoch, None where there is none.

    Raises:
        InputError: there is no such file.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no history of a training; it is written by `keras-transformer train`.")
    rows = _rows(path)
    return {name: [float(row[name]) if row[name] else None for row in rows] for name in (rows[0] if rows else {})}


def _rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def drop_epochs(path, first):
    """Removes the rows of the epochs from `first`, counted from 0, onwards: those that will be trained again."""
    if path.is_file():
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(lines[: 1 + first]), encoding="utf-8")
