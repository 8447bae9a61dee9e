import hashlib

from keras_transformer.errors import InputError


def file_digest(path):
    """Returns the SHA-256 of a file in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def source_digest(path):
    """Returns the `file_digest` of a shard.

    Raises:
        InputError: the shard cannot be read.
    """
    try:
        return file_digest(path)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}.") from None
