"""Changes to a file of weights."""

import h5py
import numpy as np


def edit_weights(folder, generator):
    """Changes one array of `model.weights.h5`; returns a description of the change for messages."""
    path = folder / "model.weights.h5"
    try:
        with h5py.File(path, "r+") as file:
            names = []
            file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
            if not names:
                return "nothing"
            name = generator.choice(names)
            change = generator.choice(
                [_other_shape, _other_type, _not_finite, _bomb, _attribute, _gone, _groups, _empty, _link_out]
            )
            change(file, name, generator)
    # An earlier change can have damaged the file.
    except (OSError, RuntimeError):
        return "nothing"
    return f"model.weights.h5: {change.__name__.strip('_')} of {name}"


def _replaced(file, name, **arguments):
    del file[name]
    return file.create_dataset(name, **arguments)


def _other_shape(file, name, generator):
    shape = generator.choice([(), (1,), (0,), (3, 3), (1, 10**6), file[name].shape[::-1], (*file[name].shape, 1)])
    _replaced(file, name, shape=shape, dtype="float32")


def _other_type(file, name, generator):
    dtype = generator.choice(["int32", "bool", "complex64", "float16", "float64", "S8", "uint8", h5py.string_dtype()])
    _replaced(file, name, shape=file[name].shape, dtype=dtype)


def _not_finite(file, name, generator):
    values = np.array(file[name])
    if values.size and values.dtype.kind == "f":
        values.reshape(-1)[generator.randrange(values.size)] = generator.choice([np.nan, np.inf, -np.inf])
        file[name][...] = values


def _bomb(file, name, generator):
    side = generator.choice([5_000, 30_000])
    _replaced(file, name, shape=(side, side), chunks=(side, side), dtype="float32", compression="gzip")


def _attribute(file, name, generator):
    item = generator.choice([file, file[name], file[name].parent])
    value = generator.choice(["x" * 1000, 2**63 - 1, np.zeros(1000), b"\xff"])
    item.attrs[generator.choice(["name", "vars", "keras_version", "\x1b[31m"])] = value


def _gone(file, name, generator):
    del file[name]


def _groups(file, name, generator):
    group = file
    for _ in range(generator.choice([10, 1_000])):
        group = group.create_group("g")


def _empty(file, name, generator):
    dtype = file[name].dtype
    del file[name]
    file[name] = h5py.Empty(dtype)


def _link_out(file, name, generator):
    del file[name]
    file[name] = generator.choice(
        [
            h5py.SoftLink("/nowhere"),
            h5py.SoftLink(f"/{name}"),
            h5py.ExternalLink("/etc/passwd", "/"),
            h5py.SoftLink("/"),
        ]
    )
