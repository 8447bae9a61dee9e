import functools
from typing import Any, Self

import keras
from keras import ops

from keras_transformer.losses import SmoothedCrossEntropy, chunked_cross_entropy, token_weights
from keras_transformer.metrics import Perplexity, TokenAccuracy
from keras_transformer.models.output_layers import find_output_layers

# Keys of the inputs in a step of `fit` or `evaluate`.
_INPUTS, _LABELS, _WEIGHTS = "inputs of the model", "labels", "weights of the labels"
# The value of a token that each metric averages.
_TOKEN_VALUES = {Perplexity: "cross_entropy", TokenAccuracy: "hits"}


@keras.saving.register_keras_serializable(package="keras_transformer")
class ChunkedLossModel(keras.Model):
    """A functional model whose `fit` and `evaluate` compute logits and loss some hundred tokens at a time.

    The layers, the weights, the results of a call and of `predict`, and files of weights are those of the functional
    model. Only the last step of `fit` and `evaluate` is different: see `chunked_cross_entropy`. It needs
    `SmoothedCrossEntropy` as the loss, and no other metrics than `Perplexity` and `TokenAccuracy`. With other losses or
    metrics, or with weighted metrics, a step computes the whole logits, as in every functional model.

    `with_chunked_loss` makes such a model. The arguments are those of a functional `keras.Model`.

    Example:

    >>> model = kt.models.with_chunked_loss(kt.build_transformer(config))
    >>> model.compile("adam", kt.losses.SmoothedCrossEntropy(0.1), metrics=[kt.metrics.Perplexity()], jit_compile=False)
    >>> model.fit(batches, validation_data=validation_batches, epochs=2, shuffle=False)
    """

    # Maximum number of rows of a chunk. None: by the cache of the processor.
    loss_rows: int | None = None

    @functools.cached_property
    def _output_layers(self):
        return find_output_layers(self)

    @property
    def input_spec(self) -> None:
        """None, because a step has labels among its inputs. The inputs of the model are checked in its graph."""
        return

    def call(self, inputs, training=None, mask=None):
        if not (isinstance(inputs, dict) and _LABELS in inputs):
            return super().call(inputs, training=training, mask=mask)
        layers, labels = self._output_layers, ops.cast(inputs[_LABELS], "int32")
        weights = token_weights(labels, inputs[_WEIGHTS])
        results = chunked_cross_entropy(
            layers.hidden_model(inputs[_INPUTS], training=training),
            labels,
            weights,
            layers.table(),
            layers.bias_vector(),
            self.loss.label_smoothing,
            self.loss_rows,
            has_gradient=bool(training),
            has_table_gradient=layers.is_trainable,
        )
        return {**results._asdict(), "loss": self.loss.of_sum(results.loss, weights)}

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "loss_rows": self.loss_rows}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Self:
        config = dict(config)
        loss_rows = config.pop("loss_rows", None)
        model = super().from_config(config, custom_objects)
        model.loss_rows = loss_rows
        return model

    def train_step(self, *arguments):
        """One step of `fit`. With JAX, the data are preceded by the state."""
        return super().train_step(*arguments[:-1], self._with_labels(arguments[-1]))

    def test_step(self, *arguments):
        """One step of `evaluate`. With JAX, the data are preceded by the state."""
        return super().test_step(*arguments[:-1], self._with_labels(arguments[-1]))

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        if not isinstance(y_pred, dict):
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        # Keras divides these by the number of replicas of `tf.distribute`.
        return sum(map(self._aggregate_additional_loss, self.losses), start=y_pred["loss"])

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        if not isinstance(y_pred, dict):
            return super().compute_metrics(x, y, y_pred, sample_weight)
        labels = ops.cast(y, "int32")
        for metric in self._compile_metrics.metrics if self._compile_metrics else ():
            metric.add(labels, y_pred[_TOKEN_VALUES[type(metric)]])
        return self.get_metrics_result()

    def _with_labels(self, data):
        """Adds labels and weights to the inputs of a step, if it can be computed in chunks."""
        inputs, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
        if not self._computes_chunks(labels):
            return data
        return {_INPUTS: inputs, _LABELS: labels, _WEIGHTS: weights}, labels, weights

    def _computes_chunks(self, labels):
        """Returns whether loss and metrics can be computed in chunks."""
        if type(getattr(self, "loss", None)) is not SmoothedCrossEntropy or self._output_layers is None:
            return False
        if not self._output_layers.is_plain:  # LoRA or a quantisation came after the first step.
            return False
        if self._output_layers.projection.compute_dtype != "float32":
            # Gradients of chunks in bfloat16 are less exact than those of whole logits (measured: 2.7 times the error).
            # In float16, they would be rounded before the optimizer's scale of the loss is applied.
            return False
        # Keras has no public names for the weights of losses and for weighted metrics. No report of this upstream was
        # found.
        if labels is None or keras.tree.is_nested(labels) or self._compile_loss._user_loss_weights is not None:
            return False
        metrics = self._compile_metrics
        if metrics is None:
            return True
        if not metrics.built:
            metrics.build(labels, self.output)
        return not metrics._user_weighted_metrics and all(type(metric) in _TOKEN_VALUES for metric in metrics.metrics)


def with_chunked_loss(model: keras.Model, rows: int | None = None) -> ChunkedLossModel:
    """Returns a model of the same layers whose `fit` and `evaluate` never have the logits of a whole batch in memory.

    Use it instead of the model for `compile` and `fit`. Both models share their weights.

    Args:
        model: a model of `build_transformer`, or another functional model that ends with an output projection: a
            `PositionalEmbedding` called with `reverse=True`, or a linear `Dense` layer without a bias, maybe followed
            by `OutputBias` and by linear `Activation` layers.
        rows: maximum number of tokens whose logits are computed at a time. Default: by the size of the vocabulary and
            of the processor's cache. The results depend on it in the last bits, by the order of the sums.

    Returns:
        A `ChunkedLossModel`.

    Raises:
        ValueError: the model has other layers at its end, or `rows` is below 1.

    Example:

    >>> trained = kt.models.with_chunked_loss(model)
    >>> trained.compile("adam", kt.losses.SmoothedCrossEntropy(0.1), jit_compile=False)
    >>> trained.fit(batches, epochs=1, shuffle=False)
    """
    if rows is not None and rows < 1:
        raise ValueError(f"`rows` must be at least 1. Received: rows={rows}.")
    if find_output_layers(model) is None:
        raise ValueError(
            "Expected a functional model that ends with an output projection: a `PositionalEmbedding` called with "
            "reverse=True, or a linear `Dense` layer without a bias. "
            f"Received: a {type(model).__name__} named {getattr(model, 'name', None)!r}."
        )
    chunked = ChunkedLossModel(model.input, model.output, name=model.name)
    chunked.loss_rows = rows
    return chunked
