import contextlib
import hashlib

from keras_transformer.corpus_translation.windows import windows
from keras_transformer.data.text_lines import decoded_lines
from keras_transformer.data.tsv_rows import check_same_columns
from keras_transformer.errors import InputError
from keras_transformer.files.compressed_output import compressed_output
from keras_transformer.files.opened_text import compression_of, opened_text
from keras_transformer.text.blank import is_blank

_HEAD_BYTES = 16


class TextShard:
    """A text file, one text per line, or a column of a tab-separated file. It can be compressed.

    The translation of a line is a line. The translation of a row is the row with a further column. The output is
    compressed as the input is.

    Args:
        path: the file.
        column: number of the column of the text, counted from 1, or None for a file without columns.

    Raises:
        InputError: the file cannot be read.
    """

    def __init__(self, path, column=None):
        self._path = path
        self._column = column
        try:
            with open(path, "rb") as file:
                self._compression = compression_of(file.read(_HEAD_BYTES))
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}.") from None
        self._digest = hashlib.sha256()
        self._first = None  # Number of columns and place of the first row.

    def windows(self, most):
        """Yields windows of the lines: a pair of rows for `write` and of the texts to translate.

        Args:
            most: maximum number of lines.

        Raises:
            InputError: the file is damaged, a line is not UTF-8 or too long, or a row has too few columns or not the
                number of the first row.
        """
        self._digest, self._first = hashlib.sha256(), None
        with opened_text(self._path, self._digest) as file:
            rows = map(self._row, enumerate(decoded_lines(file, self._path), start=1))
            for window in windows(rows, lambda row: row[0], most):
                yield window, [text for _, text in window]

    def source_digest(self):
        """Returns the SHA-256 of the file after all windows were read, in hexadecimal digits."""
        return self._digest.hexdigest()

    @contextlib.contextmanager
    def opened_output(self, path):
        """Yields a function that writes rows of `windows` with their translations to a file."""
        with compressed_output(path, self._compression) as file:
            yield lambda rows, translations: file.writelines(map(self._line, rows, translations))

    def _row(self, numbered):
        number, line = numbered
        if self._column is None:
            return line, line
        if is_blank(line):
            return line, ""
        columns = line.split("\t")
        if len(columns) < self._column:
            raise InputError(
                f"{self._path}, line {number}: expected at least {self._column} tab-separated columns. "
                f"Received: {len(columns)}."
            )
        if self._first is None:
            self._first = len(columns), f"line {number}"
        check_same_columns(columns, *self._first, f"{self._path}, line {number}")
        return line, columns[self._column - 1]

    def _line(self, row, translation):
        # A model can generate any character. Its output must stay one line, and one column.
        text = translation.replace("\n", " ").replace("\r", " ")
        if self._column is not None:
            text = row[0] + "\t" + text.replace("\t", " ")
        return text.encode("utf-8") + b"\n"
