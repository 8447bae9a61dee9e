"""The folder of a preset: a local one, or one of the Hugging Face hub."""

import errno
import pathlib
import re

from keras_transformer.errors import InputError, check_installed
from keras_transformer.importing.generation_options import GENERATION_CONFIG
from keras_transformer.importing.tensor_files import INDEX_NAMES, SAFETENSORS_NAME, TORCH_NAME
from keras_transformer.saving.model_files import SHORTLIST_NAME

_HUB = "hf://"
_ADDRESS = re.compile(r"hf://([\w.-]+/[\w.-]+)(?:@([\w./-]+))?", re.ASCII)
# Errors of files, which can have no file name.
_ERRORS_OF_FILES = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS)
# Files of model folders and of folders of other toolkits.
_FILES = (
    *("config.json", "tokenizer.model", "source.model", "target.model", "model.weights.h5", "recipe.toml", "README.md"),
    SHORTLIST_NAME,
    *("source.spm", "target.spm", "vocab.json", "target_vocab.json", "tokenizer_config.json", SAFETENSORS_NAME),
    *("sentencepiece.bpe.model", "tokenizer.json", "added_tokens.json", GENERATION_CONFIG, *INDEX_NAMES),
    *("validation.source.txt", "validation.target.txt", "scores.json", "history.csv"),
)


def preset_folder(address):
    """Returns the folder of an address. Files of the hub are downloaded into its cache.

    Args:
        address: path of a folder, or "hf://user/model", or "hf://user/model@revision".

    Returns:
        A `pathlib.Path`.

    Raises:
        InputError: the package `huggingface_hub` is missing, the address is wrong, or the hub cannot be reached and its
            cache does not have the model.
        OSError: the cache cannot be written.
    """
    if not str(address).startswith(_HUB):
        return pathlib.Path(address)
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise InputError(f"{address}: expected an address such as hf://user/model or hf://user/model@revision.")
    check_installed("huggingface_hub", extra="hub")
    return pathlib.Path(_downloaded(address, *match.groups()))


def _downloaded(address, name, revision):
    import huggingface_hub  # noqa: PLC0415 (an optional dependency)
    from huggingface_hub import errors  # noqa: PLC0415

    try:
        info = huggingface_hub.HfApi().model_info(name, revision=revision)
        found = {sibling.rfilename for sibling in info.siblings}
        wanted = [file for file in _FILES if file in found]
        if SAFETENSORS_NAME not in found and TORCH_NAME in found:
            wanted.append(TORCH_NAME)
        if "config.json" not in wanted:
            raise InputError(f"{address}: expected a model with a config.json. Received: {len(found)} other files.")
        # With the given revision, not its commit: the cache then finds the model by this revision without a network.
        return huggingface_hub.snapshot_download(name, revision=revision, allow_patterns=wanted)
    except InputError:
        raise
    except (errors.RevisionNotFoundError, errors.RepositoryNotFoundError):
        raise InputError(f"{address}: the hub has no such model or revision, or it is private.") from None
    except (errors.HfHubHTTPError, errors.HFValidationError) as error:
        raise InputError(f"{address}: the hub refuses it: {' '.join(str(error).split())[:200]}") from None
    except Exception as error:  # Versions of the package report a missing network by classes of different packages.
        if isinstance(error, OSError) and (error.filename is not None or error.errno in _ERRORS_OF_FILES):
            raise
        return _cached(address, name, revision)


def _cached(address, name, revision):
    import huggingface_hub  # noqa: PLC0415 (an optional dependency)

    try:
        return huggingface_hub.snapshot_download(
            name, revision=revision, allow_patterns=list(_FILES), local_files_only=True
        )
    except Exception:
        raise InputError(
            f"{address}: the hub cannot be reached, and its cache does not have the model. Connect to the network, or "
            "download the folder and give its path."
        ) from None
