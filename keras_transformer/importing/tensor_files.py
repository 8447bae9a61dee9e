"""Finds and opens the weights file of a Hugging Face folder."""

from keras_transformer.errors import InputError
from keras_transformer.importing.safetensors_file import SafetensorsFile
from keras_transformer.importing.torch_file import TorchFile

SAFETENSORS_NAME, TORCH_NAME = "model.safetensors", "pytorch_model.bin"
# The lists of weights in several files, which are refused.
INDEX_NAMES = (f"{SAFETENSORS_NAME}.index.json", f"{TORCH_NAME}.index.json")


def open_tensors(folder):
    """Opens the weights of a folder: `model.safetensors`, otherwise `pytorch_model.bin`.

    Args:
        folder: the folder, a `pathlib.Path`.

    Returns:
        A `SafetensorsFile` or a `TorchFile`.

    Raises:
        InputError: the folder has neither file, the weights are in several files, or the file is damaged.
    """
    if (folder / SAFETENSORS_NAME).is_file():
        return SafetensorsFile(folder / SAFETENSORS_NAME)
    if (folder / TORCH_NAME).is_file():
        return TorchFile(folder / TORCH_NAME)
    for name in INDEX_NAMES:
        if (folder / name).is_file():
            raise InputError(
                f"{folder / name}: weights in several files are not supported. Save the model again with "
                '`save_pretrained(folder, max_shard_size="100GB")`.'
            )
    raise InputError(f"{folder / SAFETENSORS_NAME}: the file is missing, and there is no {TORCH_NAME}.")
