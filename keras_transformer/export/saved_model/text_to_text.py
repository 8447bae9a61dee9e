import tensorflow as tf

from keras_transformer.data.pool_batches import shift_targets
from keras_transformer.generation import Generator, cross_attention
from keras_transformer.special_tokens import END_ID, PADDING_ID
from keras_transformer.text.blank import BLANK_PATTERN


class TextToText(tf.Module):
    """Tokenizer, beam search and detokenizer in one graph, with the signatures of a SavedModel.

    Args:
        model: the Keras model.
        source_tokenizer: the source's `Tokenizer`.
        target_tokenizer: the target's `Tokenizer`.
        settings: `SearchSettings` with a `max_length`.
    """

    def __init__(self, model, source_tokenizer, target_tokenizer, settings):
        super().__init__()
        self.settings = settings
        self._source_tokenizer = source_tokenizer
        self._target_tokenizer = target_tokenizer
        self._generator = Generator(model)
        # A SavedModel holds the variables that hang on it; Keras's are wrapped, and so not seen.
        self.model_variables = [weight.value for weight in model.weights]
        # So are the tokenizers' resources, which TensorFlow makes anew where the SavedModel is loaded.
        self.tokenizers = [source_tokenizer.trackable, target_tokenizer.trackable]

    def signatures(self):
        """The signatures by name, for `tf.saved_model.save`."""
        text = tf.TensorSpec((None,), tf.string, name="text")
        functions = {"serving_default": self.translate, "n_best": self.n_best, "attention": self.attention}
        return {
            name: tf.function(function, input_signature=[text]).get_concrete_function()
            for name, function in functions.items()
        }

    def translate(self, text):
        """`text` `(batch,)` to its `translation` `(batch,)` and the `score` `(batch,)`."""
        _, found = self._search(text, n_best=1)
        return {
            "translation": self._target_tokenizer.detokenize(found.token_ids[:, 0]),
            "score": found.scores[:, 0],
        }

    def n_best(self, text):
        """`text` `(batch,)` to its best `translations` `(batch, n)`, best first, and their `scores`."""
        _, found = self._search(text, n_best=self.settings.n_best)
        shape = tf.shape(found.token_ids)
        translations = self._target_tokenizer.detokenize(tf.reshape(found.token_ids, (shape[0] * shape[1], shape[2])))
        return {"translations": tf.reshape(translations, (-1, self.settings.n_best)), "scores": found.scores}

    def attention(self, text):
        """`text` `(batch,)` to its translation, its tokens, and which source tokens each target token attended to.

        The attention is the mean of all decoder blocks and heads; the end tokens count as tokens.
        """
        source_ids, found = self._search(text, n_best=1)
        target_ids = found.token_ids[:, 0]
        attention = tf.reduce_mean(
            cross_attention(self._generator.parts, source_ids, shift_targets(target_ids)), axis=(0, 2)
        )
        is_target = tf.not_equal(target_ids, PADDING_ID)
        return {
            "translation": self._target_tokenizer.detokenize(target_ids),
            "source_tokens": _tokens(self._source_tokenizer, source_ids),
            "target_tokens": _tokens(self._target_tokenizer, target_ids),
            "attention": tf.where(tf.expand_dims(is_target, 2), attention, 0.0),
        }

    def _search(self, text, n_best):
        settings = self.settings
        text = _checked_rank(text)
        source_ids = source_ids_of(self._source_tokenizer, text, settings.max_length)
        found = self._generator.generate(
            source_ids, settings.beam_size, settings.length_penalty, n_best, settings.max_length
        )
        return source_ids, found


# Kept apart from the signatures, which tell it no rank: TensorFlow would take their word and leave the question out.
@tf.function(input_signature=[tf.TensorSpec(None, tf.string)], experimental_attributes={"_noinline": True})
def _checked_rank(text):
    """The same text; another rank than a signature's, which no server looks at, is an error that can be read."""
    rank = tf.rank(text)
    message = "`text` must have the shape (batch,): a list of strings. Received the rank"
    with tf.control_dependencies([tf.Assert(tf.equal(rank, 1), [message, rank])]):
        return tf.reshape(text, (-1,))


def source_ids_of(tokenizer, text, max_length):
    """Token ids of texts, cut at `max_length` tokens with the end token; a blank text has no tokens and no end.

    Args:
        tokenizer: the source's `Tokenizer`.
        text: `(batch,)` strings.
        max_length: the longest row.

    Returns:
        `(batch, length)` int32, padded with 0; at least one column.
    """
    text = tf.where(tf.strings.regex_full_match(text, BLANK_PATTERN), "", text)
    rows = tokenizer.tokenize(text)[:, : max_length - 1]
    lengths = tf.expand_dims(tf.cast(rows.row_lengths(), tf.int32), 1)
    token_ids = tf.pad(rows.to_tensor(PADDING_ID), [[0, 0], [0, 1]])
    columns = tf.expand_dims(tf.range(tf.shape(token_ids)[1]), 0)
    is_end = tf.logical_and(tf.equal(columns, lengths), tf.greater(lengths, 0))
    return tf.where(is_end, END_ID, token_ids)


def _tokens(tokenizer, token_ids):
    """The written tokens, an empty string for padding."""
    return tf.where(tf.equal(token_ids, PADDING_ID), "", tokenizer.tokens(token_ids))
