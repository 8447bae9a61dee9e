import contextlib

from keras_transformer.corpus_translation.file_digest import file_digest
from keras_transformer.corpus_translation.windows import windows
from keras_transformer.data.parquet_file import arrow_errors, opened_parquet, record_batches, text_column
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
        """Yields windows of the rows, a pair of a record batch for `write` and of the texts to translate.

        Args:
            most: maximum number of rows.

        Raises:
            InputError: the file is damaged.
        """
        with opened_parquet(self._path) as file:
            for batch in record_batches(self._path, file, batch_size=most):
                with arrow_errors(self._path):  # A text can be invalid UTF-8.
                    texts = batch.column(self._column).to_pylist()
                start = 0
                for window in windows(texts, lambda text: text or "", most):
                    yield batch.slice(start, len(window)), [text or "" for text in window]
                    start += len(window)

    def source_digest(self):
        """Returns the SHA-256 of the file in hexadecimal digits."""
        try:
            return file_digest(self._path)
        except OSError as error:
            raise InputError(f"{self._path}: {error.strerror}.") from None

    @contextlib.contextmanager
    def opened_output(self, path):
        """Yields a function that writes rows of `windows` with their translations to a file."""
        import pyarrow  # noqa: PLC0415 (an optional dependency)
        import pyarrow.parquet  # noqa: PLC0415

        schema = self._schema.append(pyarrow.field(self._target_column, pyarrow.string()))

        def write(batch, translations):
            known = batch.column(self._column).is_valid().to_pylist()
            texts = [text if is_known else None for text, is_known in zip(translations, known, strict=True)]
            columns = [*batch.columns, pyarrow.array(texts, pyarrow.string())]
            writer.write_batch(pyarrow.RecordBatch.from_arrays(columns, schema=schema), row_group_size=_GROUP_ROWS)

        with pyarrow.parquet.ParquetWriter(str(path), schema) as writer:
            yield write
