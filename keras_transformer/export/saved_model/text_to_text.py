import tensorflow as tf

from keras_transformer.data.pool_batches import shift_targets
from keras_transformer.export.saved_model.serving_files import PREFIX_SIGNATURE
from keras_transformer.generation import Generator, cross_attention
from keras_transformer.generation.compiled_search import CompiledSearch
from keras_transformer.generation.one_thread import one_thread
from keras_transformer.special_tokens import PADDING_ID
from keras_transformer.text.prefixes import prefix_ids


class TextToText(tf.Module):
    """Tokenizer, beam search and detokenizer in one graph, with the signatures of a SavedModel.

    Args:
        model: the Keras model, or an `Ensemble`.
        tokenizers: the `Tokenizers`.
        settings: `SearchSettings` with a `max_length`.
        has_prefix: whether there is a signature with the beginnings of translations. Default False.
        shortlist: the `Shortlist`, required if the settings have `shortlist`. Default None.
        jit: whether XLA compiles the search of single texts, see `CompiledSearch`. Default False.
    """

    def __init__(self, model, tokenizers, settings, has_prefix=False, shortlist=None, jit=False):
        super().__init__()
        self._has_prefix = has_prefix
        self._jit = jit
        self._compiled = {}
        self.settings = settings
        self._tokenizers = tokenizers
        self._placeholders = tokenizers.placeholders
        self._generator = Generator(model, shortlist)
        # A SavedModel contains the variables of its attributes. Keras's variables are wrapped and would be missed.
        self.model_variables = [weight.value for weight in model.weights]
        if settings.shortlist and shortlist is not None:
            self.model_variables.append(shortlist.table)
        # The same holds for the tokenizers' resources, which TensorFlow creates again when the SavedModel is loaded.
        self.tokenizers = [tokenizers.source.trackable, tokenizers.target.trackable]

    def signatures(self):
        """Returns the signatures by name, for `tf.saved_model.save`."""
        text, prefix = (tf.TensorSpec((None,), tf.string, name=name) for name in ("text", "prefix"))
        functions = {"serving_default": self.translate, "n_best": self.n_best, "attention": self.attention}
        inputs = {name: [text] for name in functions}
        if self._has_prefix:
            functions[PREFIX_SIGNATURE], inputs[PREFIX_SIGNATURE] = self.translate_with_prefix, [text, prefix]
        with one_thread():
            return {
                name: tf.function(function, input_signature=inputs[name]).get_concrete_function()
                for name, function in functions.items()
            }

    def translate(self, text):
        """Maps `text` `(batch,)` to its `translation` `(batch,)` and the `score` `(batch,)`."""
        masked, _, found = self._search(text, n_best=1)
        return self._translation(masked, found)

    def translate_with_prefix(self, text, prefix):
        """Maps `text` and `prefix` `(batch,)` to its `translation`, which begins with the prefix, and the `score`."""
        masked, _, found = self._search(text, 1, _checked_rank(prefix))
        return self._translation(masked, found)

    def _translation(self, masked, found):
        return {
            "translation": self._detokenized(found.token_ids[:, 0], masked),
            "score": found.scores[:, 0],
        }

    def n_best(self, text):
        """Maps `text` `(batch,)` to its best `translations` `(batch, n)`, best first, and their `scores`."""
        n_best = self.settings.n_best or self.settings.num_hypotheses
        masked, _, found = self._search(text, n_best)
        shape = tf.shape(found.token_ids)
        masked = masked and masked.repeated(n_best)
        token_ids = tf.reshape(found.token_ids, (shape[0] * shape[1], shape[2]))
        translations = self._detokenized(token_ids, masked, tf.reshape(found.scores, (-1,)))
        return {"translations": tf.reshape(translations, (-1, n_best)), "scores": found.scores}

    def attention(self, text):
        """Maps `text` `(batch,)` to its translation, its tokens, and the attention of target to source tokens.

        The attention is the mean over all decoder blocks and heads, and over the models of an ensemble, including the
        end tokens.
        """
        masked, source_ids, found = self._search(text, n_best=1)
        target_ids = found.token_ids[:, 0]
        input_ids = shift_targets(target_ids)
        attentions = [
            tf.reduce_mean(cross_attention(parts, source_ids, input_ids), axis=(0, 2))
            for parts in self._generator.members
        ]
        attention = attentions[0] if len(attentions) == 1 else tf.add_n(attentions) / len(attentions)
        is_target = tf.not_equal(target_ids, PADDING_ID)
        return {
            "translation": self._detokenized(target_ids, masked),
            "source_tokens": _tokens(self._tokenizers.source, source_ids),
            "target_tokens": _tokens(self._tokenizers.target, target_ids),
            "attention": tf.where(tf.expand_dims(is_target, 2), attention, 0.0),
        }

    def _search(self, text, n_best, prefix=None):
        settings = self.settings.with_n_best(n_best)
        text, masked, ids = _checked_rank(text), None, None
        if self._placeholders is not None:
            # A copy of the text would not begin with the prefix.
            masked = self._placeholders.mask(text, copies=prefix is None)
            text = masked.texts
        if prefix is not None:
            if masked is not None:
                prefix, masked = self._placeholders.mask_prefixes(prefix, masked)
            ids = prefix_ids(self._tokenizers.target, prefix, settings.max_length)
        source_ids = self._tokenizers.encode_source(text, settings.max_length)
        if self._jit and ids is None:
            if n_best not in self._compiled:
                self._compiled[n_best] = CompiledSearch(self._generator, settings)
            return masked, source_ids, self._compiled[n_best].generate(source_ids)
        return masked, source_ids, self._generator.generate(source_ids, settings=settings, prefix_ids=ids)

    def _detokenized(self, token_ids, masked, scores=None):
        """Returns the texts of token ids, with the parts that placeholders stand for."""
        texts = self._tokenizers.target.detokenize(token_ids)
        return texts if masked is None else self._placeholders.restore(texts, masked, scores).texts


# A separate function without a declared rank. With the rank of a signature, TensorFlow would remove the check.
@tf.function(input_signature=[tf.TensorSpec(None, tf.string)], experimental_attributes={"_noinline": True})
def _checked_rank(text):
    """Returns the text. Servers do not check the rank of inputs, so a wrong rank raises a clear error here."""
    rank = tf.rank(text)
    message = "`text` must have the shape (batch,): a list of strings. Received the rank"
    with tf.control_dependencies([tf.Assert(tf.equal(rank, 1), [message, rank])]):
        return tf.reshape(text, (-1,))


def _tokens(tokenizer, token_ids):
    """Returns the written tokens, with an empty string for padding."""
    return tf.where(tf.equal(token_ids, PADDING_ID), "", tokenizer.tokens(token_ids))
