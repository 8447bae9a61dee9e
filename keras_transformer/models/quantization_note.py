import dataclasses

from keras_transformer.models.quantization import Quantization
from keras_transformer.models.weight_shapes import is_dense, weight_shapes


class QuantizationNote:
    """Quantisation of each layer of a model, as it is stored in a model folder.

    Args:
        named: a dictionary from the name of a layer, as in a weights file, to its `Quantization`.
        everywhere: the `Quantization` of all other dense layers. Default None: they are not quantised.

    Example:

    >>> QuantizationNote.from_json([{"mode": "int8", "activations": True}]).get("layers/dense").mode
    'int8'
    """

    def __init__(self, named, everywhere=None):
        self.named = named
        self.everywhere = everywhere

    def __bool__(self):
        """Returns whether a layer is quantised."""
        return bool(self.named) or self.everywhere is not None

    def get(self, layer):
        """Returns the `Quantization` of a layer, or None."""
        return self.named.get(layer, self.everywhere if is_dense(layer) else None)

    @classmethod
    def from_json(cls, groups):
        """Makes the note from the value of `to_json`.

        Args:
            groups: the value of `to_json`, or None if no layer is quantised.

        Raises:
            ValueError: `groups` is not a value of `to_json`.
        """
        named, everywhere = {}, None
        for group in [] if groups is None else groups:
            quantization = Quantization(**{name: value for name, value in group.items() if name != "layers"})
            layers = group.get("layers")
            if layers is None:
                everywhere = quantization
            for layer in layers or ():
                if not is_dense(layer):
                    raise ValueError(f"`layers` must name dense layers. Received: {layer!r}.")
                named[layer] = quantization
        return cls(named, everywhere)

    def layers(self, config):
        """Returns the `Quantization` of each quantised layer by name.

        Args:
            config: the `TransformerConfig` of the model.
        """
        names = [name.removesuffix("/vars/0") for name, _ in weight_shapes(config) if name.endswith("/vars/0")]
        return {name: quantization for name in names if (quantization := self.get(name)) is not None}

    def to_json(self, config):
        """Returns groups of layers with the same quantisation, or None if no layer is quantised.

        Args:
            config: the `TransformerConfig` of the model.
        """
        groups = {}
        for layer, quantization in self.named.items():
            groups.setdefault(quantization, []).append(layer)
        names = (name.removesuffix("/vars/0") for name, _ in weight_shapes(config))
        if len(groups) == 1 and len(self.named) == sum(map(is_dense, names)):
            groups = dict.fromkeys(groups)  # All of them.
        return [{**dataclasses.asdict(key), "layers": layers} for key, layers in groups.items()] or None


def stored_shapes(config, note):
    """Lists the weights that a weights file of a model with quantised layers has.

    Args:
        config: the `TransformerConfig`.
        note: the `QuantizationNote`.

    Yields:
        The name, the shape and the type of a weight. Types are "int8" and "float32".
    """
    for name, shape in weight_shapes(config):
        layer, _, index = name.rpartition("/vars/")
        quantization = note.get(layer)
        if quantization is None:
            yield name, shape, "float32"
        elif index == "0":
            stored = quantization.weights(shape, has_bias=layer.endswith("_dense"))
            for number, (shape_of_part, dtype) in enumerate(stored):
                yield f"{layer}/vars/{number}", shape_of_part, dtype
