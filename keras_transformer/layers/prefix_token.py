from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_transformer")
class PrefixToken(keras.layers.Layer):
    """Inserts the same token into every row of token ids, such as the language of a multilingual model.

    Args:
        token_id: the id of the token.
        position: the column of the token: 0 (default) for the beginning, 1 after a start token.

    Call arguments:
        inputs: `(batch, length)` token ids.

    Returns:
        `(batch, length + 1)` token ids.

    Raises:
        ValueError: a number is below 0.

    Example:

    >>> ids = kt.layers.PrefixToken(9)(np.array([[5, 6, 3]]))
    >>> np.array(ids)
    array([[9, 5, 6, 3]], dtype=int32)
    """

    def __init__(self, token_id: int, position: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        for name, number in (("token_id", token_id), ("position", position)):
            if number < 0:
                raise ValueError(f"`{name}` must be at least 0. Received: {name}={number}.")
        self.token_id = token_id
        self.position = position

    @property
    def input_dtype(self) -> str:
        """Float32, because half precision would change token ids that are passed as floats."""
        return "float32"

    def call(self, inputs):
        inputs = ops.cast(inputs, "int32")
        tokens = ops.full((ops.shape(inputs)[0], 1), self.token_id, "int32")
        return ops.concatenate([inputs[:, : self.position], tokens, inputs[:, self.position :]], axis=1)

    def compute_output_shape(self, input_shape):
        length = input_shape[1]
        return (input_shape[0], None if length is None else length + 1)

    def compute_output_spec(self, inputs):
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), dtype="int32")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "token_id": self.token_id, "position": self.position}
