"""Reads TensorFlow Serving's `models.config`."""

import pathlib

from google.protobuf import text_format

from keras_transformer.errors import InputError
from keras_transformer.files.small_files import read_small_file
from keras_transformer.serving.version_policy import VersionPolicy

_MOST_BYTES = 2**20


def read_models_config(path):
    """Reads the models of a `models.config`.

    Args:
        path: the file.

    Returns:
        A list of tuples: the name, the folder of the versions, and the `VersionPolicy`.

    Raises:
        InputError: the file is missing or not in this format, or two models have the same name.
    """
    from tensorflow_serving.config import model_server_config_pb2  # noqa: PLC0415 (see signature_defs.py)

    path = pathlib.Path(path)
    config = model_server_config_pb2.ModelServerConfig()
    try:
        text_format.Parse(read_small_file(path, _MOST_BYTES).decode("utf-8"), config)
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: expected a models.config of TensorFlow Serving. {error}") from None
    models = [
        (model.name, _folder(path, model.base_path), _policy(path, model)) for model in config.model_config_list.config
    ]
    if not models:
        raise InputError(f"{path}: expected `model_config_list` with at least one `config`. It has none.")
    check_names([(name, str(folder)) for name, folder, _ in models])
    return models


def check_names(models):
    """Raises an `InputError` if two models have the same name, or a name cannot be part of an address.

    Args:
        models: a list of pairs: name and path.
    """
    paths = {}
    for name, path in models:
        if not name or set(name) & set("/:"):
            raise InputError(f"{path}: the name of a model must not be empty or have / or :. Received: {name!r}.")
        if name in paths:
            raise InputError(f"two models have the name {name}: {paths[name]} and {path}. Rename one: NAME=MODEL.")
        paths[name] = path


def _folder(file, base_path):
    """Returns the folder of the versions. A path of the container is looked for next to the file."""
    folder = pathlib.Path(base_path)
    if not folder.is_absolute():
        return file.parent / folder
    if not folder.exists():
        for found in (file.parent / folder.name, file.parent):
            if found.is_dir() and found.resolve().name == folder.name:
                return found
    return folder


def _policy(file, model):
    policy, labels = model.model_version_policy, tuple(sorted(model.version_labels.items()))
    kind = policy.WhichOneof("policy_choice")
    if model.model_platform not in ("", "tensorflow"):
        raise InputError(f"{file}: model_platform must be tensorflow. Received: {model.model_platform!r}.")
    if kind == "all":
        return VersionPolicy(is_all=True, labels=labels)
    if kind == "specific":
        return VersionPolicy(specific=tuple(policy.specific.versions), labels=labels)
    # TensorFlow Serving reads 0 as 1.
    return VersionPolicy(latest=policy.latest.num_versions or 1, labels=labels)
