from typing import Any, Self

import keras
from keras import ops

from keras_transformer.layers.observation import observed
from keras_transformer.losses import SmoothedCrossEntropy, alignment_cross_entropy, token_weights
from keras_transformer.models.chunked_loss_model import ChunkedLossModel
from keras_transformer.models.transformer_parts import transformer_parts

# The key of alignments in the inputs of a batch.
ALIGNMENTS = "alignments"
# Keys of the inputs in a step of `fit` or `evaluate`, and of its outputs.
_INPUTS, _OUTPUTS, _LOSSES = "inputs of the step", "outputs of the step", "losses of the alignments"


@keras.saving.register_keras_serializable(package="keras_transformer")
class GuidedAlignmentModel(ChunkedLossModel):
    """A functional model whose `fit` also trains one cross-attention head, or one block's mean, towards alignments.

    `with_guided_alignment` makes such a model. Layers, weights, calls, `predict` and files of weights are those of the
    functional model. Batches with `alignments` among their inputs add the loss of the attention, and the log
    `alignment_loss`, its mean over the aligned target tokens. Other batches have the plain loss.
    """

    weight: float = 0.1
    layer: int = 1
    head: int | None = 1
    has_chunks: bool = False

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.alignment_loss = keras.metrics.Mean("alignment_loss")

    def compile(self, *args: Any, **kwargs: Any) -> None:
        super().compile(*args, **kwargs)
        if not isinstance(self.loss, SmoothedCrossEntropy):
            raise ValueError(f"Guided alignment needs `SmoothedCrossEntropy` as the loss. Received: {self.loss!r}.")

    def compile_from_config(self, config: dict[str, Any]) -> None:
        # Keras asks for this: it does not compile a loaded model whose class overrides `compile`. Its warning says so,
        # and no report of it upstream was found.
        self.compile(**keras.saving.deserialize_keras_object(config))
        self.optimizer.build(self.trainable_variables)

    def call(self, inputs, training=None, mask=None):
        if not (isinstance(inputs, dict) and _INPUTS in inputs):
            return super().call(_without_alignments(inputs), training=training, mask=mask)
        with observed("products", "bias") as results:
            outputs = super().call(inputs[_INPUTS], training=training)
        log_attention = self._log_attention(results)
        return {_OUTPUTS: outputs, _LOSSES: alignment_cross_entropy(inputs[ALIGNMENTS], log_attention)}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        if not (isinstance(y_pred, dict) and _LOSSES in y_pred):
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        loss = super().compute_loss(x, y, y_pred[_OUTPUTS], sample_weight, training)
        weights = token_weights(ops.cast(y, "int32"), sample_weight)
        return loss + self.loss.of_sum(self.weight * ops.sum(y_pred[_LOSSES] * weights), weights)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        is_guided = isinstance(y_pred, dict) and _LOSSES in y_pred
        if is_guided:
            is_aligned = ops.any(ops.not_equal(x[ALIGNMENTS], 0), axis=-1)
            self.alignment_loss.update_state(y_pred[_LOSSES], sample_weight=is_aligned)
            x, y_pred = x[_INPUTS], y_pred[_OUTPUTS]
        results = super().compute_metrics(x, y, y_pred, sample_weight)
        # Otherwise validation without alignments would have a log of 0.
        return results if is_guided else {key: value for key, value in results.items() if key != "alignment_loss"}

    def _computes_chunks(self, labels):
        return self.has_chunks and super()._computes_chunks(labels)

    def _with_labels(self, data):
        inputs, *others = keras.utils.unpack_x_y_sample_weight(data)
        if not (isinstance(inputs, dict) and ALIGNMENTS in inputs):
            return super()._with_labels(data)
        inner, *others = super()._with_labels((_without_alignments(inputs), *others))
        return {_INPUTS: inner, ALIGNMENTS: inputs[ALIGNMENTS]}, *others

    def _log_attention(self, results):
        """Returns the log-probabilities of the guided heads, without the row and the column of a prefix.

        Args:
            results: the products of all attention layers in the order of the computation, each maybe with a bias.
        """
        parts = transformer_parts(self)
        # Each encoder block has one attention layer, and each decoder block two.
        wanted, found = len(parts.encoders) + 2 * self.layer - 1, []
        for name, result in results:
            if name == "products":
                found.append(result)
            elif len(found) == wanted + 1:
                found[-1] = found[-1] + result
        heads = slice(None) if self.head is None else slice(self.head - 1, self.head)
        rows, columns = (int(prefix is not None) for prefix in (parts.target_prefix, parts.source_prefix))
        products = found[wanted][:, heads, rows:]
        return (products - ops.logsumexp(products, axis=-1, keepdims=True))[..., columns:]

    def get_config(self) -> dict[str, Any]:
        guidance = {name: getattr(self, name) for name in ("weight", "layer", "head", "has_chunks")}
        return {**super().get_config(), "guided_alignment": guidance}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Self:
        config = dict(config)
        guidance = config.pop("guided_alignment", {})
        model = super().from_config(config, custom_objects)
        for name, value in guidance.items():
            setattr(model, name, value)
        return model


def with_guided_alignment(
    model: keras.Model, weight: float = 0.1, layer: int | None = None, head: int | None = 1
) -> GuidedAlignmentModel:
    """Returns a model of the same layers whose `fit` also trains cross-attention towards given word alignments.

    The loss of a batch is the mean over its target tokens of the cross-entropy of the token plus `weight` times the
    cross-entropy of the attention, see `alignment_cross_entropy`. Batches need `alignments` among their inputs, as
    `token_batches` of `aligned_pairs` has them. Use it instead of the model for `compile` and `fit`. Both models share
    their weights.

    Args:
        model: a model of `build_transformer`, or one of `with_chunked_loss`, whose loss stays chunked.
        weight: weight of the loss of the attention. Default 0.1.
        layer: number of the guided decoder block, from 1. Default: the last block.
        head: number of the guided head, from 1, or None for the mean of all heads. Default 1.

    Returns:
        A `GuidedAlignmentModel`. `Translator.align` with the same `layer` and `head` reads the trained attention.

    Raises:
        ValueError: the model was not built by `build_transformer`, or a number is out of range.

    Example:

    >>> pairs = kt.data.aligned_pairs("train.ko", "train.en", "train.align")
    >>> guided = kt.models.with_guided_alignment(kt.models.with_chunked_loss(model))
    >>> guided.compile("adam", kt.losses.SmoothedCrossEntropy(0.1), jit_compile=False)
    >>> batches = kt.data.token_batches(pairs, tokenizer, steps_per_epoch=1)
    >>> guided.fit(batches, epochs=2, shuffle=False)

    Reference:
        Chen et al. 2016 (arXiv 1607.01628); Garg et al. 2019 (arXiv 1909.02074).
    """
    config = transformer_parts(model).config
    layer = guided_layer(layer, config)
    for name, value, most in (("layer", layer, config.num_decoder_layers), ("head", head, config.num_heads)):
        if value is not None and not 1 <= value <= most:
            raise ValueError(f"`{name}` must be from 1 to {most}. Received: {name}={value}.")
    if not weight > 0:
        raise ValueError(f"`weight` must be above 0. Received: weight={weight}.")
    guided = GuidedAlignmentModel(model.input, model.output, name=model.name)
    guided.weight, guided.layer, guided.head = weight, layer, head
    guided.has_chunks = isinstance(model, ChunkedLossModel)
    guided.loss_rows = getattr(model, "loss_rows", None)
    return guided


def guided_layer(layer, config):
    """Returns the number of the guided decoder block of a `TransformerConfig`, given the value of a user."""
    return config.num_decoder_layers if layer is None else layer


def _without_alignments(inputs):
    if not (isinstance(inputs, dict) and ALIGNMENTS in inputs):
        return inputs
    return {name: value for name, value in inputs.items() if name != ALIGNMENTS}
