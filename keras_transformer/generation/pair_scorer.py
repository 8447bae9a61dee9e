import tensorflow as tf

from keras_transformer.data.pool_batches import shift_targets
from keras_transformer.losses import token_cross_entropy, token_weights
from keras_transformer.models import StructureWatch
from keras_transformer.models.ensemble import config_of
from keras_transformer.text.text_batches import batches_by_length, check_finite, checked_pairs, lengths_with_end
from keras_transformer.text.token_rows import label_ids, padded_ids, rows_to_cut


class PairScorer:
    """Computes the log-probabilities of given translations. `Translator.score` describes arguments and results.

    Args:
        model: a Keras model of `build_transformer`, or an `Ensemble`.
        tokenizers: the `Tokenizers` of both languages.
    """

    def __init__(self, model, tokenizers):
        self.model = model
        self.tokenizers = tokenizers
        self._max_length = config_of(model).max_length
        self._structure = StructureWatch(model)
        self._log_probabilities = self._traced()

    def score(self, pairs, batch_size, progress=None):
        """Returns the log-probability of each target and its number of tokens, two lists."""
        source_texts, target_texts = checked_pairs(pairs)
        if self.tokenizers.placeholders is not None and source_texts:
            source_texts, target_texts = self.tokenizers.placeholders.mask_pairs(source_texts, target_texts)
        # The warning names the caller of `Translator.score`.
        sources = rows_to_cut(self.tokenizers.source, source_texts, self._max_length, stacklevel=3)
        targets = rows_to_cut(self.tokenizers.target, target_texts, self._max_length, stacklevel=3)
        targets = label_ids(self.tokenizers.target, targets)
        if self._structure.has_changed():
            self._log_probabilities = self._traced()
        scores = [None] * len(source_texts)
        target_lengths = lengths_with_end(targets, self._max_length)
        for indices in batches_by_length(lengths_with_end(sources, self._max_length) + target_lengths, batch_size):
            found = self._log_probabilities(
                *(
                    padded_ids(tf.gather(rows, indices), self._max_length, empty_has_end=True)
                    for rows in (sources, targets)
                )
            )
            for index, score in zip(indices, found.numpy(), strict=True):
                scores[index] = float(score)
            if progress is not None:
                progress(len(indices))
        check_finite(scores)
        return scores, target_lengths.tolist()

    def _traced(self):
        """Returns a graph that is traced at its first call. Changes of the model's structure need a new one."""
        signature = [tf.TensorSpec((None, None), tf.int32)] * 2
        return tf.function(self._of_batch, input_signature=signature)

    def _of_batch(self, source_ids, labels):
        logits = self.model({"source_ids": source_ids, "target_ids": shift_targets(labels)}, training=False)
        return -tf.reduce_sum(token_cross_entropy(labels, logits) * token_weights(labels), axis=1)
