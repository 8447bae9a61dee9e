import json
import os
import pathlib

from keras_transformer.command_process import removed_at_end

# How the name of a file begins until it is whole.
UNFINISHED = "unfinished_"


def write_whole(path, write):
    """Writes a file so that a kill at any moment leaves either the old one or the new one, never half of it.

    Args:
        path: path of the file; its folder is made where it is missing.
        write: called with the path of a file beside it, which is then renamed.

    Raises:
        OSError: it cannot be written, such as on a full disk; nothing is left of the new file then.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{UNFINISHED}{path.name}")
    try:
        with removed_at_end(unfinished):
            write(unfinished)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        if error.filename:
            raise
        raise OSError(f"{path}: {error.strerror or error}") from error
    os.replace(unfinished, path)


def write_json(path, content, indent=None):
    """Writes what JSON can hold as `write_whole` writes a file; `indent` is that of `json.dumps`."""
    text = json.dumps(content, indent=indent) + "\n"
    write_whole(path, lambda file: file.write_text(text, encoding="utf-8"))
