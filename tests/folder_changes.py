"""Changes to folders of other toolkits. Each is a function of the folder."""

import json

from marian_folders import write_safetensors

from keras_transformer.files.small_files import read_json
from keras_transformer.importing.safetensors_file import SafetensorsFile


def changed_json(name, **changes):
    def change(folder):
        content = {**read_json(folder / name), **changes}
        content = {key: value for key, value in content.items() if value != "removed"}
        (folder / name).write_text(json.dumps(content), encoding="utf-8")

    return change


def removed(*names):
    return lambda folder: [(folder / name).unlink() for name in names]


def changed_tensors(change):
    def rewrite(folder):
        path = folder / "model.safetensors"
        file = SafetensorsFile(path)
        tensors = {name: file.read(name) for name in file.tensors}
        change(tensors)
        write_safetensors(path, tensors)

    return rewrite
