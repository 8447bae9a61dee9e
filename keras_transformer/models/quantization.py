import dataclasses
import math

MODES = ("int8", "int4")
# Far above the width of any layer.
_LARGEST_BLOCK = 2**24


@dataclasses.dataclass(frozen=True)
class Quantization:
    """Quantisation of a dense layer by Keras.

    Args:
        mode: "int8" or "int4".
        block_size: with int4, number of inputs that share a scale and a zero point; None for one scale per output.
            Default None.
        activations: whether the inputs of the layer are rounded to 8 bits as well. Default False.

    Raises:
        ValueError: a value is out of range, or two values exclude each other.
    """

    mode: str
    block_size: int | None = None
    activations: bool = False

    def __post_init__(self):
        if self.mode not in MODES:
            raise ValueError(f"`mode` must be one of {', '.join(MODES)}. Received: mode={self.mode!r}.")
        if type(self.activations) is not bool:
            raise ValueError(f"`activations` must be true or false. Received: activations={self.activations!r}.")
        if self.block_size is None:
            return
        if type(self.block_size) is not int or not 1 <= self.block_size <= _LARGEST_BLOCK:
            raise ValueError(
                f"`block_size` must be from 1 to {_LARGEST_BLOCK}, or null. Received: block_size={self.block_size!r}."
            )
        if self.mode != "int4" or self.activations:
            raise ValueError("`block_size` needs `mode` int4 without rounded activations.")

    def config(self):
        """The argument of `quantize` of a Keras layer."""
        import keras  # noqa: PLC0415 (slow, and the other members do not need it)

        activation_quantizer = keras.quantizers.AbsMaxQuantizer() if self.activations else None
        if self.mode == "int8":
            return keras.quantizers.Int8QuantizationConfig(activation_quantizer=activation_quantizer)
        return keras.quantizers.Int4QuantizationConfig(
            activation_quantizer=activation_quantizer, block_size=self.block_size
        )

    def weights(self, kernel_shape, has_bias):
        """Returns the shapes and types of the weights of a quantised layer, in the order in which Keras stores them.

        Args:
            kernel_shape: `(inputs, outputs)`.
            has_bias: whether the layer has a bias.

        Returns:
            A list of pairs of a shape and a type. Types are "int8" and "float32".
        """
        inputs, outputs = kernel_shape
        bias = [((outputs,), "float32")] * has_bias
        if self.mode == "int8":
            return [(kernel_shape, "int8"), *bias, ((outputs,), "float32")]
        kernel = ((inputs, math.ceil(outputs / 2)), "int8")  # Two numbers in each byte.
        if self.block_size is None:
            return [kernel, *bias, ((outputs,), "float32")]
        scales = (math.ceil(inputs / self.block_size), outputs)
        return [kernel, *bias, (scales, "float32"), (scales, "int8"), ((inputs,), "float32")]
