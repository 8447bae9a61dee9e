import keras
from keras import ops

from keras_transformer.losses.replicas import loss_of_replicas, sum_over_replicas
from keras_transformer.losses.smoothed_cross_entropy import SmoothedCrossEntropy, check_groups, token_weights


@keras.saving.register_keras_serializable(package="keras_transformer")
class ExpectedRisk(SmoothedCrossEntropy):
    """How bad a model's own translations are, on average, and a part of the cross-entropy ("minimum risk training").

    The model has translated a source into several candidates, and each was compared with the reference: its quality is
    a number such as sentence BLEU. The loss raises the probability of the better candidates against that of the worse.
    With l(y) the mean log-probability of a candidate's tokens (with smoothed labels, as in the cross-entropy) and q(y)
    its share exp(sharpness * l(y)) among all candidates of the source, the risk is the sum of q(y) * (1 - quality(y)).
    The loss is its mean over the sources, plus `cross_entropy` times the cross-entropy of the references, which keeps
    the model near what it was trained on.

    A source stands `candidates` + 1 times in a batch, one row below the other: first with the reference, then with each
    candidate, as `candidate_batches` makes it. Without sample weights, as in validation, the loss is the cross-entropy
    of all rows.

    Args:
        candidates: number of candidates of each source, at least 2.
        sharpness: how much the share of a candidate depends on its probability. Default 8.0.
        cross_entropy: weight of the cross-entropy of the references. Default 0.1.
        label_smoothing: as in `SmoothedCrossEntropy`. Default 0.0.
        name: name of the loss. Default "expected_risk".

    Call arguments:
        y_true: `(batch, length)` token ids, 0 is padding; batch is a multiple of `candidates` + 1.
        y_pred: `(batch, length, vocabulary_size)` logits.
        sample_weight: `(batch,)`, the quality of each row from 0 to 1, that of references not looked at; or None.

    Returns:
        A scalar.

    Raises:
        ValueError: a number is out of range, or a batch is known to end in the middle of a source's rows.

    Example:

    >>> model.compile(keras.optimizers.Adam(3e-4), loss=ExpectedRisk(candidates=8))
    >>> model.fit(candidate_batches(candidates, tokenizer, shuffle=True), epochs=1)

    Reference:
        Shen et al. 2016 (arXiv 1512.02433), equations 5 to 8, with probabilities by token; the sum with the
        cross-entropy: Edunov et al. 2018 (arXiv 1711.04956), section 3.3.
    """

    def __init__(
        self, candidates, sharpness=8.0, cross_entropy=0.1, label_smoothing=0.0, name="expected_risk", **kwargs
    ):
        super().__init__(label_smoothing, name=name, **kwargs)
        if candidates < 2:
            raise ValueError(f"`candidates` must be at least 2. Received: candidates={candidates}.")
        if sharpness <= 0:
            raise ValueError(f"`sharpness` must be above 0. Received: sharpness={sharpness}.")
        if cross_entropy < 0:
            raise ValueError(f"`cross_entropy` must not be negative. Received: cross_entropy={cross_entropy}.")
        self.candidates = candidates
        self.sharpness = sharpness
        self.cross_entropy = cross_entropy

    def __call__(self, y_true, y_pred, sample_weight=None):
        if sample_weight is None:
            return super().__call__(y_true, y_pred)
        labels = ops.cast(y_true, "int32")
        check_groups(labels.shape[0], self.candidates + 1, "groups of a reference and its candidates,")
        weights = token_weights(labels)
        shape = (-1, self.candidates + 1)
        losses = ops.reshape(ops.sum(self.call(labels, y_pred) * weights, axis=1), shape)
        lengths = ops.reshape(ops.sum(weights, axis=1), shape)
        qualities = ops.reshape(ops.cast(sample_weight, "float32"), shape)[:, 1:]
        # A row of padding alone has no tokens.
        shares = ops.softmax(-self.sharpness * losses[:, 1:] / ops.maximum(lengths[:, 1:], 1.0), axis=-1)
        sources = sum_over_replicas(ops.cast(ops.shape(losses)[0], "float32"))
        risk = ops.sum(shares * (1.0 - qualities)) / ops.maximum(sources, 1.0)
        tokens = sum_over_replicas(ops.sum(lengths[:, 0]))
        cross_entropy = ops.sum(losses[:, 0]) / ops.maximum(tokens, 1.0)
        return loss_of_replicas(risk + self.cross_entropy * cross_entropy)

    def get_config(self):
        config = super().get_config()
        # An argument of the base class that this loss does not have.
        del config["reduction"]
        own = {"candidates": self.candidates, "sharpness": self.sharpness, "cross_entropy": self.cross_entropy}
        return {**config, **own}
