import operator


class StructureWatch:
    """Finds out whether a model still is what graphs of it were traced from.

    A traced graph reads the weights at every call, so it follows training. It does not follow `enable_lora`,
    `quantize`, a new dtype policy, or an attribute of a layer that is set: these need a new trace.

    Args:
        model: a functional `keras.Model`.

    Example:

    >>> watch = StructureWatch(model)
    >>> watch.has_changed()
    False
    >>> model.quantize("int8")
    >>> watch.has_changed(), watch.has_changed()
    (True, False)
    """

    def __init__(self, model):
        self._model = model
        self._seen = _structure(model)

    def has_changed(self):
        """Whether variables, dtype policies or attributes of layers are others than at the call before."""
        structure = _structure(self._model)
        changed = len(structure) != len(self._seen) or not all(map(operator.is_, structure, self._seen))
        self._seen = structure
        return changed


def _structure(model):
    """What a graph of the model is made from, as objects to be compared by identity."""
    structure = list(model.variables)
    for layer in model._flatten_layers(include_self=False):  # Keras has no public name for it.
        structure.append(layer.dtype_policy)
        # A layer without weights is built at its first call, which changes nothing else.
        structure += [value for name, value in vars(layer).items() if name[0] != "_" and name != "built"]
    return structure
