"""The kinds of folders that can be imported."""

from keras_transformer.errors import InputError, short_repr
from keras_transformer.files.small_files import read_json
from keras_transformer.importing.m2m100_folder import M2M100Folder
from keras_transformer.importing.marian_folder import MarianFolder
from keras_transformer.importing.opennmt_tf_files import is_checkpoint
from keras_transformer.importing.opennmt_tf_folder import OpenNMTTFFolder

# The class of a folder by the name of `--from`.
FOLDER_KINDS = {"marian": MarianFolder, "m2m100": M2M100Folder, "opennmt-tf": OpenNMTTFFolder}
_KINDS_OF_TYPES = {"marian": "marian", "m2m_100": "m2m100"}


def kind_of(folder):
    """Returns the name of a folder's kind by the `model_type` of its `config.json`, "marian" without a type.

    A folder without `config.json` is one of OpenNMT-tf if it has a checkpoint.

    Raises:
        InputError: the config is damaged, or has another type.
    """
    path = folder / "config.json"
    if not path.is_file() and is_checkpoint(folder):
        return "opennmt-tf"
    found = read_json(path).get("model_type", "marian") if path.is_file() else "marian"
    if found not in list(_KINDS_OF_TYPES):
        raise InputError(
            f"{path}: `model_type` must be one of {', '.join(_KINDS_OF_TYPES)}. Received: "
            f"model_type={short_repr(found)}."
        )
    return _KINDS_OF_TYPES[found]


def is_foreign_folder(folder):
    """Returns whether a folder is one of another toolkit. Otherwise it is read as a model folder, which has other keys.

    Raises:
        InputError: the config is damaged.
    """
    path = folder / "config.json"
    return "model_type" in read_json(path) if path.is_file() else is_checkpoint(folder)


def folder_class(folder):
    """Returns the class of a folder of another toolkit, or None for a model folder.

    Raises:
        InputError: the config is damaged, or has another type.
    """
    return FOLDER_KINDS[kind_of(folder)] if is_foreign_folder(folder) else None
