"""Finds the checkpoint, the vocabularies and the SentencePiece models of an OpenNMT-tf run."""

import re

from keras_transformer.errors import InputError
from keras_transformer.files.small_files import read_small_file
from keras_transformer.importing.opennmt_tf_description import DESCRIPTION_NAME
from keras_transformer.importing.opennmt_tf_vocabulary import PADDING, SideFiles, has_pieces, read_tokens
from keras_transformer.importing.side_models import read_pieces

_STATE = "checkpoint"
_PATH = re.compile(rb'^model_checkpoint_path:\s*"([^"]*)"', re.MULTILINE)
_NUMBERED = re.compile(r"ckpt-(\d+)\.index")
# The vocabularies that OpenNMT-tf writes for TensorBoard, with a line for unknown tokens at the end.
_METADATA = "model_examples_inputter_{}_inputter_embedding.txt"
_WORDS = {"source": {"source", "src", "features"}, "target": {"target", "tgt", "trg", "labels"}}
_OPTION = "Give it: `{0}_vocabulary`, in commands --{0}-vocabulary."


def is_checkpoint(path):
    """Returns whether a path is a folder with a TensorFlow checkpoint, or the prefix of a checkpoint."""
    if path.is_dir():
        return (path / _STATE).is_file() or any(_NUMBERED.fullmatch(file.name) for file in path.iterdir())
    return _index(path).is_file()


def checkpoint_prefix(path):
    """Returns the prefix of the checkpoint of a run.

    Args:
        path: a folder with `checkpoint` or `ckpt-N.index`, or a prefix such as `run/ckpt-5000`. A `pathlib.Path`.

    Raises:
        InputError: there is no checkpoint, or it is one of OpenNMT-tf 1.
    """
    if not path.is_dir():
        if not _index(path).is_file():
            raise InputError(f"{path}: expected the folder of an OpenNMT-tf run, or a checkpoint in it.")
        name, folder = _index(path).name, path.parent
    else:
        folder, name = path, f"{_latest(path)}.index"
    if name.startswith("model.ckpt"):
        raise InputError(
            f"{folder / name}: expected a checkpoint of OpenNMT-tf 2. Received: one of OpenNMT-tf 1. OpenNMT-tf 2 "
            "converts it when it loads it."
        )
    if not (folder / name).is_file():
        raise InputError(f"{folder / name}: the file is missing. The file {_STATE} of the folder names it.")
    return folder / name.removesuffix(".index")


def _index(path):
    return path if path.suffix == ".index" else path.with_name(f"{path.name}.index")


def _latest(folder):
    """Returns the name of the last checkpoint. A path in the file `checkpoint` is relative to the folder."""
    state = folder / _STATE
    match = _PATH.search(read_small_file(state)) if state.is_file() else None
    if match:
        return re.split(r"[/\\]", match[1].decode("utf-8", "replace"))[-1]
    if state.is_file():
        raise InputError(f"{state}: the file is damaged. It must have the line model_checkpoint_path.")
    numbers = [int(found[1]) for file in folder.iterdir() if (found := _NUMBERED.fullmatch(file.name))]
    if not numbers:
        raise InputError(
            f"{folder}: expected the folder of an OpenNMT-tf run, but it has no {_STATE} and ckpt-N.index."
        )
    return f"ckpt-{max(numbers)}"


def run_folders(prefix):
    """Returns the folders in which files of a run can be: that of the checkpoint, and the run of its averages."""
    folder = prefix.parent.absolute()
    is_part = not (folder / DESCRIPTION_NAME).is_file() and (folder.parent / DESCRIPTION_NAME).is_file()
    return [prefix.parent, folder.parent] if is_part else [prefix.parent]


def find_sides(folders, weights, vocabularies, tokenizers):
    """Finds the files of both languages.

    Args:
        folders: the folders of `run_folders`. SentencePiece models can also be in the folders of the vocabularies.
        weights: the `OpenNMTTFWeights`.
        vocabularies: the given vocabularies of source and target, each a path or None.
        tokenizers: the given SentencePiece models of source and target, each a path or None.

    Returns:
        The `SideFiles` of source and target.

    Raises:
        InputError: a file is missing or damaged, or several files fit.
    """
    found = _vocabularies(folders, weights, vocabularies)
    models, errors = {}, []
    for file in [] if all(tokenizers) else _models([*folders, *(path.parent for path, _ in found)]):
        try:
            models[file] = read_pieces(file)
        except InputError as error:
            errors.append(error)
    sides = []
    for side, (path, tokens), given in zip(_WORDS, found, tokenizers):
        file = given or _fitting(models, path, tokens, side)
        if file is None and errors and has_pieces(tokens):
            raise errors[0]
        sides.append(SideFiles(path, tokens, file, read_pieces(file) if given else models.get(file)))
    return sides


def _models(folders):
    files = {file.resolve(): file for folder in folders for file in folder.iterdir()}
    return sorted(file for file in files.values() if file.suffix in (".model", ".spm") and file.is_file())


def _vocabularies(folders, weights, given):
    """Returns pairs of a path and its tokens, for source and target."""
    found = {side: (path, read_tokens(path)) for side, path in zip(_WORDS, given) if path is not None}
    if weights.is_shared and len(found) == 1:
        found = dict.fromkeys(_WORDS, *found.values())
    lacking = [side for side in _WORDS if side not in found]
    if not lacking:
        return [found[side] for side in _WORDS]
    files = [file for folder in folders for file in sorted(folder.iterdir()) if _is_vocabulary(file)]
    tokens = {file: read_tokens(file) for file in files}
    for side in lacking:
        path = _chosen(files, side, tokens, weights.sizes[list(_WORDS).index(side)])
        found[side] = (path, tokens[path]) if path else _from_metadata(folders, side, weights.is_shared)
    return [found[side] for side in _WORDS]


def _is_vocabulary(path):
    if not path.is_file() or path.name.startswith(_METADATA.split("{")[0]):
        return False
    with open(path, "rb") as file:
        return file.readline(len(PADDING) + 2).rstrip(b"\r\n") == PADDING.encode()


def _chosen(files, side, tokens, size):
    """Returns the vocabulary of a language: one with its name, or one without a name that fits the table, or None."""
    other = next(each for each in _WORDS if each != side)
    named = [file for file in files if _names(file, side)] or [file for file in files if not _names(file, other)]
    named = [file for file in named if len(tokens[file]) == size - 1] or named
    if len({tuple(tokens[file]) for file in named}) > 1:
        names = ", ".join(file.name for file in named)
        raise InputError(
            f"{files[0].parent}: several files can be the vocabulary of the {side}: {names}. {_OPTION.format(side)}"
        )
    return named[0] if named else None


def _names(path, side):
    return bool(_WORDS[side] & set(re.split(r"[^a-z]+", path.name.lower())))


def _from_metadata(folders, side, is_shared):
    """Returns the vocabulary that OpenNMT-tf wrote for TensorBoard."""
    names = [_METADATA.format({"source": "features", "target": "labels"}[side])]
    names += [_METADATA.format("features")] * is_shared
    for path in (folder / name for folder in folders for name in names):
        if path.is_file():
            return path, read_tokens(path)[:-1]
    raise InputError(
        f"{folders[0]}: the vocabulary of the {side} is missing. It is a file whose first line is {PADDING}. "
        f"{_OPTION.format(side)}"
    )


def _fitting(candidates, vocabulary, tokens, side):
    """Returns the SentencePiece model that has most tokens of a vocabulary, at least half. None without one."""
    wanted = set(tokens[1:])
    counts = {file: len(wanted & {piece.piece for piece in proto.pieces}) for file, proto in candidates.items()}
    most = max(counts.values(), default=0)
    if 2 * most < len(wanted):
        return None
    best = [file for file in candidates if counts[file] == most]
    for is_better in (lambda file: file.stem == vocabulary.stem, lambda file: _names(file, side)):
        best = [file for file in best if is_better(file)] or best
    if len({candidates[file].SerializeToString(deterministic=True) for file in best}) > 1:
        names = ", ".join(file.name for file in best)
        raise InputError(
            f"{best[0].parent}: several SentencePiece models fit the {side}: {names}. Give it: `{side}_tokenizer`, in "
            f"commands --{side}-tokenizer."
        )
    return best[0]
