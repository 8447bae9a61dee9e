from typing import Any

import keras
from keras import ops

from keras_transformer.layers.dropout import Dropout
from keras_transformer.layers.observation import observe
from keras_transformer.moved_modules import moved_names
from keras_transformer.position_encodings import position_table

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

__getattr__ = moved_names(__name__)


@ops.custom_gradient
def _with_dense_gradient(table):
    """Returns the table with a dense gradient.

    TensorFlow's gradient has one row per occurrence of a token in the batch. Keras's Adam squares each row instead of
    the sum of the rows. The update of a token with n occurrences would be up to sqrt(n) times too large. No
    report of this upstream was found.
    """

    def gradient(rows):
        # The sum is computed in float32, because a token can occur hundreds of times in a batch.
        return tf.cast(tf.convert_to_tensor(tf.cast(rows, "float32")), table.dtype)

    return tf.identity(table), gradient


@keras.saving.register_keras_serializable(package="keras_transformer")
class PositionalEmbedding(keras.layers.Layer):
    """Computes token embeddings times sqrt(hidden_dim) plus sinusoidal positions, followed by dropout.

    With `reverse=True`, the same table maps hidden states to logits over the vocabulary. One weight can therefore be
    source embedding, target embedding and output projection.

    Args:
        vocabulary_size: number of tokens.
        hidden_dim: width of the embeddings.
        max_length: maximum length of a sequence in tokens.
        dropout: dropout rate of the sum, at least 0 and below 1. Default 0.0.
        first_position: the position of the first token. Default 0.
        position_frequencies: "paper" (default) or "tensor2tensor", see `TransformerConfig`.

    Call arguments:
        inputs: `(batch, length)` token ids. With `reverse`, hidden states `(batch, length, hidden_dim)`.
        reverse: whether to map hidden states to logits. Default False.

    Returns:
        `(batch, length, hidden_dim)`. With `reverse`, logits `(batch, length, vocabulary_size)`.

    Raises:
        ValueError: the static length of the inputs exceeds `max_length`.

    Example:

    >>> embedding = kt.layers.PositionalEmbedding(vocabulary_size=100, hidden_dim=32, max_length=64)
    >>> outputs = embedding(np.array([[5, 6, 7]]))
    >>> tuple(outputs.shape)
    (1, 3, 32)

    Reference:
        "Attention Is All You Need", sections 3.4 and 3.5.
    """

    def __init__(
        self,
        vocabulary_size: int,
        hidden_dim: int,
        max_length: int,
        dropout: float = 0.0,
        first_position: int = 0,
        position_frequencies: str = "paper",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        for name, number in [
            ("vocabulary_size", vocabulary_size),
            ("hidden_dim", hidden_dim),
            ("max_length", max_length),
        ]:
            if number < 1:
                raise ValueError(f"`{name}` must be at least 1. Received: {name}={number}.")
        self.vocabulary_size = vocabulary_size
        self.hidden_dim = hidden_dim
        self.max_length = max_length
        self.dropout = dropout
        self.sum_dropout = Dropout(dropout, dtype=self.dtype_policy, name="dropout")
        self.first_position = first_position
        self.position_frequencies = position_frequencies
        self.positions = position_table(max_length, hidden_dim, first_position, position_frequencies)

    def build(self, input_shape):
        self.embeddings = self.add_weight(
            name="embeddings",
            shape=(self.vocabulary_size, self.hidden_dim),
            # After scaling by sqrt(hidden_dim), the embeddings have the variance of a normalised hidden state.
            initializer=keras.initializers.RandomNormal(stddev=self.hidden_dim**-0.5),
        )

    @property
    def input_dtype(self) -> str:
        """Float32, because half precision would change token ids that are passed as floats."""
        return "float32"

    def call(self, inputs, reverse=False, training=None):
        if reverse:
            inputs = ops.cast(inputs, self.compute_dtype)
            return ops.matmul(inputs, ops.transpose(ops.convert_to_tensor(self.embeddings)))
        length = inputs.shape[1]
        if length is not None and length > self.max_length:
            raise ValueError(
                f"A sequence must have at most `max_length` tokens. "
                f"Received: length={length}, max_length={self.max_length}."
            )
        # A slice to an unknown end has all rows, so the end is the length of the tensor.
        positions = ops.convert_to_tensor(self.positions)[: ops.shape(inputs)[1]]
        return self.sum_dropout(self.embed(inputs, positions, training), training=training)

    def embed(
        self, token_ids: keras.KerasTensor, positions: keras.KerasTensor, training: bool = False
    ) -> keras.KerasTensor:
        """Adds `positions` to scaled embeddings in float32: bfloat16 is exact for integers up to 256 only."""
        embedded = self.look_up(ops.cast(token_ids, "int32"), training)
        scaled = ops.cast(embedded, "float32") * self.hidden_dim**0.5
        outputs = ops.cast(scaled + positions, self.compute_dtype)
        observe(rows=embedded, scaled=scaled, positions=positions, embedded=outputs)
        return outputs

    def look_up(self, token_ids: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        """Returns rows of the table. Subclasses that store the table in another way override it."""
        table = self.embeddings
        if training and keras.backend.backend() == "tensorflow":
            table = _with_dense_gradient(tf.convert_to_tensor(table))
        return ops.take(table, token_ids, axis=0)

    def compute_output_shape(self, input_shape, reverse=False):
        return (*input_shape[:2], self.vocabulary_size if reverse else self.hidden_dim)

    def compute_output_spec(self, inputs, reverse=False, training=None):
        return keras.KerasTensor(self.compute_output_shape(inputs.shape, reverse), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "hidden_dim": self.hidden_dim,
            "max_length": self.max_length,
            "dropout": self.dropout,
            "first_position": self.first_position,
            "position_frequencies": self.position_frequencies,
        }
