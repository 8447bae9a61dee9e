from typing import Any

import keras
from keras import ops

from keras_transformer.losses.replicas import loss_of_replicas, sum_over_replicas
from keras_transformer.losses.smoothed_cross_entropy import SmoothedCrossEntropy, check_groups, token_weights


@keras.saving.register_keras_serializable(package="keras_transformer")
class ExpectedRisk(SmoothedCrossEntropy):
    """Expected risk of a model's own translations plus weighted cross-entropy ("minimum risk training").

    Each source has several candidate translations by the model. The quality of a candidate is a number such as its
    sentence BLEU against the reference. The loss raises the probability of better candidates relative to worse ones.
    l(y) is the mean log-probability of a candidate's tokens (with smoothed labels, as in the cross-entropy). q(y) is
    the softmax of sharpness * l(y) over the candidates of the source. The risk of a source is the sum of
    q(y) * (1 - quality(y)). The loss is the mean risk over the sources plus `cross_entropy` times the cross-entropy of
    the references. The second term keeps the model close to its training data.

    Each source has `candidates` + 1 successive rows in a batch: the reference, then each candidate, as
    `candidate_batches` makes them. Without sample weights, as in validation, the loss is the cross-entropy of all rows.

    Args:
        candidates: number of candidates per source, at least 2.
        sharpness: factor on the log-probabilities in the softmax over the candidates. Default 8.0.
        cross_entropy: weight of the cross-entropy of the references. Default 0.1.
        label_smoothing: as in `SmoothedCrossEntropy`. Default 0.0.
        name: name of the loss. Default "expected_risk".

    Call arguments:
        y_true: `(batch, length)` token ids, 0 is padding; batch is a multiple of `candidates` + 1.
        y_pred: `(batch, length, vocabulary_size)` logits.
        sample_weight: `(batch,)`, the quality of each row from 0 to 1, or None. The qualities of references are
            ignored.

    Returns:
        A scalar.

    Raises:
        ValueError: a number is out of range, or a batch of static size ends in the middle of a source's rows.

    Example:

    >>> source, reference = "나는 어제 카페에 갔다.", "I went to the cafe yesterday."
    >>> targets = [reference, "I went to the cafe.", "I go to the cafe."]  # The reference, then two candidates.
    >>> candidates = tf.data.Dataset.from_tensors((source, targets, [1.0, 0.7, 0.4]))
    >>> model.compile(keras.optimizers.Adam(3e-4), loss=kt.losses.ExpectedRisk(candidates=2), jit_compile=False)
    >>> batches = kt.data.candidate_batches(candidates, tokenizer, steps_per_epoch=1)
    >>> model.fit(batches, epochs=1, shuffle=False)

    Reference:
        Shen et al. 2016 (arXiv 1512.02433), equations 5 to 8, with probabilities per token. Edunov et al. 2018
        (arXiv 1711.04956), section 3.3, for the sum with the cross-entropy.
    """

    def __init__(
        self,
        candidates: int,
        sharpness: float = 8.0,
        cross_entropy: float = 0.1,
        label_smoothing: float = 0.0,
        name: str = "expected_risk",
        **kwargs: Any,
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
        # A row that is only padding has no tokens.
        shares = ops.softmax(-self.sharpness * losses[:, 1:] / ops.maximum(lengths[:, 1:], 1.0), axis=-1)
        sources = sum_over_replicas(ops.cast(ops.shape(losses)[0], "float32"))
        risk = ops.sum(shares * (1.0 - qualities)) / ops.maximum(sources, 1.0)
        tokens = sum_over_replicas(ops.sum(lengths[:, 0]))
        cross_entropy = ops.sum(losses[:, 0]) / ops.maximum(tokens, 1.0)
        return loss_of_replicas(risk + self.cross_entropy * cross_entropy)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        # This loss does not have this argument of the base class.
        del config["reduction"]
        own = {"candidates": self.candidates, "sharpness": self.sharpness, "cross_entropy": self.cross_entropy}
        return {**config, **own}
