import pathlib

from keras_transformer.corpus_translation.parquet_shard import ParquetShard
from keras_transformer.corpus_translation.text_shard import TextShard
from keras_transformer.data.parquet_file import is_parquet
from keras_transformer.errors import InputError

_COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
_TABLES = (".tsv", ".tab")


def check_any(shards, job):
    """Raises the InputError of the first shard if no shard can be read up to its first row, such as without the column.

    Args:
        shards: a list of `Shard`s.
        job: the `Job`.
    """
    first = None
    for shard in shards:
        try:
            next(iter(opened_shard(shard, job).windows(1)), None)
            return
        except InputError as error:
            first = first or error
    raise first


def opened_shard(shard, job):
    """Returns the `TextShard` or `ParquetShard` of a shard, by its content and its name."""
    path = pathlib.Path(shard.source)
    if is_parquet(path):
        return ParquetShard(path, job.source_column, job.target_column)
    column = job.source_column
    if column is None and _is_table(path):
        column = "1"
    if column is not None and not (column.isdecimal() and int(column)):
        raise InputError(f"{path}: a column of a text file is a number from 1. Received: {column}.")
    return TextShard(path, None if column is None else int(column))


def _is_table(path):
    while path.suffix in _COMPRESSED:
        path = path.with_suffix("")
    return path.suffix in _TABLES
