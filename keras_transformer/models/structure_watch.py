import operator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


class StructureWatch:
    """Detects changes of a model that make graphs traced from it invalid.

    A traced graph reads the weights at every call, so it stays valid during training. `enable_lora`, `quantize`, a new
    dtype policy and a changed attribute of a layer need a new trace.

    Args:
        model: a functional `keras.Model`.

    Example:

    >>> model = kt.build_transformer(config)
    >>> watch = kt.models.StructureWatch(model)
    >>> watch.has_changed()
    False
    >>> kt.models.transformer_parts(model).encoders[0].feed_forward.intermediate_dense.quantize("int8")
    >>> watch.has_changed(), watch.has_changed()
    (True, False)
    """

    def __init__(self, model: "keras.Model"):
        self._model = model
        self._seen = _structure(model)

    def has_changed(self) -> bool:
        """Returns whether variables, dtype policies or attributes of layers have changed since the previous call."""
        structure = _structure(self._model)
        changed = len(structure) != len(self._seen) or not all(map(operator.is_, structure, self._seen))
        self._seen = structure
        return changed


def _structure(model):
    """Returns the objects that a graph of the model depends on. They are compared by identity."""
    structure = list(model.variables)
    # Keras has no public method for nested layers (keras-team/keras issue 4398, closed as stale).
    for layer in model._flatten_layers(include_self=False):
        structure.append(layer.dtype_policy)
        # A layer without weights is built at its first call. This does not change the graph.
        structure += [value for name, value in vars(layer).items() if name[0] != "_" and name != "built"]
    return structure
