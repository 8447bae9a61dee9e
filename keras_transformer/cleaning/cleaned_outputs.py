import contextlib
import glob
import json
import os
import pathlib

from keras_transformer.data.matching_files import matching_files
from keras_transformer.errors import InputError
from keras_transformer.files.whole_files import naming, remove_leftovers, unfinished_folder

_COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
_BUFFER_BYTES = 1 << 20


def output_paths(prefix, *inputs):
    """Returns the paths of the outputs: two texts or one TSV file, and the dropped pairs.

    The texts have the endings of the inputs, without those of compression. If both have the same ending or none, they
    end in `.source` and `.target`.

    Args:
        prefix: the beginning of the paths.
        inputs: source and target, or the TSV file, paths or patterns.

    Raises:
        InputError: the prefix has no file name.
    """
    prefix = pathlib.Path(prefix)
    if prefix.name in ("", ".."):
        raise InputError(f"{prefix}: expected the beginning of a file name, such as {prefix / 'clean'}.")
    if len(inputs) == 1:
        endings = [".tsv"]
    else:
        endings = [_ending(path) for path in inputs]
        if len(set(endings)) < 2 or "" in endings:
            endings = [".source", ".target"]
    return [prefix.with_name(prefix.name + ending) for ending in (*endings, ".dropped.jsonl")]


def _ending(path):
    path = pathlib.Path(path)
    while path.suffix in _COMPRESSED:
        path = path.with_suffix("")
    # A pattern, such as "part.fr_*", has no ending.
    return "" if glob.has_magic(path.suffix) else path.suffix


def check_outputs(outputs, inputs):
    """Raises an `InputError` if an output is an input or a folder, or its folder does not exist."""
    folder = outputs[0].parent
    if not folder.is_dir():
        raise InputError(f"{folder}: the folder of the outputs does not exist.")
    read = [path for pattern in inputs for path in matching_files(pattern)]
    for output in outputs:
        if output.is_dir():
            raise InputError(f"{output}: expected a file, but it is a folder.")
        if output.exists() and any(path.exists() and output.samefile(path) for path in read):
            raise InputError(f"{output}: input and output are the same file. Choose another output prefix.")


class CleanedOutputs:
    """The outputs of a cleaning, written under temporary names and renamed by `finish`.

    Without `finish`, nothing remains and existing outputs are unchanged.

    Args:
        paths: the result of `output_paths`.
    """

    def __init__(self, paths):
        self._paths = paths

    def __enter__(self):
        parent = self._paths[0].parent
        with contextlib.ExitStack() as opened, naming(parent):
            remove_leftovers(parent)
            folder = opened.enter_context(unfinished_folder(parent, self._paths[-1].name))
            self._unfinished = [folder / path.name for path in self._paths]
            self._files = []
            for unfinished, path in zip(self._unfinished, self._paths, strict=True):
                opened.enter_context(naming(path))  # Closing writes the rest of the buffer.
                self._files.append(opened.enter_context(open(unfinished, "wb", buffering=_BUFFER_BYTES)))
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *error):
        return self._opened.__exit__(*error)

    def write(self, row, checked):
        """Writes a `CorpusRow`, to the texts or to the dropped pairs, as its `CheckedPair` says."""
        if checked.rule is None:
            texts = (row.source, row.target) if row.line is None else (row.line,)
            for file, path, text in zip(self._files, self._paths, texts, strict=False):
                with naming(path):
                    file.write(text.encode("utf-8", "surrogateescape") + b"\n")
            return
        texts = {"source": row.source, "target": row.target} if row.line is None else {"row": row.line}
        entry = {"pair": checked.number, "rule": checked.rule, "reason": checked.reason, **texts}
        with naming(self._paths[-1]):
            self._files[-1].write(_json_line(entry))

    def finish(self):
        """Renames the outputs. If it is interrupted, the first output is missing."""
        for file, path in zip(self._files, self._paths, strict=True):
            with naming(path):
                file.close()
        self._paths[0].unlink(missing_ok=True)
        for unfinished, path in reversed(list(zip(self._unfinished, self._paths, strict=True))):
            with naming(path):
                os.replace(unfinished, path)


def _json_line(entry):
    try:
        return json.dumps(entry, ensure_ascii=False).encode("utf-8") + b"\n"
    except UnicodeEncodeError:  # Bytes that are not UTF-8.
        return json.dumps(entry).encode("ascii") + b"\n"
