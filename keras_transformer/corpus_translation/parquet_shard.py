import contextlib
import itertools

from keras_transformer.corpus_translation.file_digest import source_digest
from keras_transformer.corpus_translation.windows import windows
from keras_transformer.data.parquet_file import batches_with_texts, opened_parquet, text_column
from keras_transformer.errors import InputError

# Rows of a group of the output.
_GROUP_ROWS = 1 << 16


class ParquetShard:
    """A Parquet file with a column of texts. The output has all columns, and the translations as a further one.

    A text that is null is translated to null.

    Args:
        path: the file.
        column: name of the column of the texts. Default None: see `text_column`.
        target_column: name of the column of the translations.

    Raises:
        InputError: the package `pyarrow` is not installed, the file cannot be read, or its columns do not fit.
    """

    def __init__(self, path, column=None, target_column="translation"):
        self._path = path
        self._target_column = target_column
        with opened_parquet(path) as file:
            self._schema = file.schema_arrow
        self._column = text_column(path, self._schema, column)
        if target_column in self._schema.names:
            raise InputError(f"{path}: the file has a column {target_column!r} already. Set --target-column NAME.")

    def windows(self, most):
        """Yields windows of the rows, a pair of a list of record batches for `write` and of the texts to translate.

        Args:
            most: maximum number of rows.

        Raises:
            InputError: the file is damaged, or a text is not UTF-8 or longer than 16 MiB.
        """
        with opened_parquet(self._path) as file:
            for window in windows(self._rows(file), lambda row: row[-1], most):
                groups = (list(group) for _, group in itertools.groupby(window, key=lambda row: id(row[0])))
                batches = [rows[0][0].slice(rows[0][1], len(rows)) for rows in groups]
                yield batches, [text for *_, text in window]

    def _rows(self, file):
        """Yields for each row its record batch, its place there, and its text."""
        for batch, (texts,) in batches_with_texts(self._path, file, [self._column]):
            for place, text in enumerate(texts):
                yield batch, place, text or ""

    def source_digest(self):
        """Returns the SHA-256 of the file in hexadecimal digits."""
        return source_digest(self._path)

    @contextlib.contextmanager
    def opened_output(self, path):
        """Yields a function that writes rows of `windows` with their translations to a file."""
        import pyarrow  # noqa: PLC0415 (an optional dependency)
        import pyarrow.parquet  # noqa: PLC0415

        schema = self._schema.append(pyarrow.field(self._target_column, pyarrow.string()))

        def write(batches, translations):
            table = pyarrow.Table.from_batches(batches)
            known = table.column(self._column).is_valid().to_pylist()
            texts = [text if is_known else None for text, is_known in zip(translations, known, strict=True)]
            columns = [*table.columns, pyarrow.chunked_array([texts], pyarrow.string())]
            writer.write_table(pyarrow.Table.from_arrays(columns, schema=schema), row_group_size=_GROUP_ROWS)

        with pyarrow.parquet.ParquetWriter(str(path), schema) as writer:
            yield write
