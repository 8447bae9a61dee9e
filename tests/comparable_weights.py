import h5py


def comparable_weights(folder, hidden_dim):
    """Returns the arrays of a model folder by name, with zeros for the biases of keys.

    They do not change the attention. Their gradient is only a rounding error, and Adam divides it by its size, so they
    differ between trainings whose sums have another order.

    Args:
        folder: a model folder.
        hidden_dim: its width.
    """
    found = {}
    with h5py.File(folder / "model.weights.h5") as file:
        file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    for name, array in found.items():
        if name.endswith("query_key_value_dense/vars/1"):
            array[hidden_dim : 2 * hidden_dim] = 0
        elif name.endswith("key_value_dense/vars/1"):
            array[:hidden_dim] = 0
    return found
