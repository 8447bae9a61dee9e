import tensorflow as tf

from keras_transformer.export.tflite.fast_tokenizer import FastDetokenizer, FastTokenizer
from keras_transformer.export.tflite.ids_to_ids import IdsToIds
from keras_transformer.special_tokens import END_ID, PADDING_ID


class OneText(tf.Module):
    """Tokenizer, beam search and detokenizer for one text at a time, with the signature of a TFLite file.

    Args:
        model: the Keras model.
        tokenizers: the `Tokenizers`.
        settings: `SearchSettings` with a `max_length`.
        quantize: type of the stored embedding tables: None, "float16" or "int8".

    Raises:
        InputError: TensorFlow Text's fast tokenizer would give other tokens than the source's vocabulary.
    """

    def __init__(self, model, tokenizers, settings, quantize=None):
        super().__init__()
        self._source_tokenizer = FastTokenizer(tokenizers.source.model)
        self._target_detokenizer = FastDetokenizer(tokenizers.target.model)
        self._search = IdsToIds(model, settings, quantize)

    def signatures(self):
        """Returns the signature by name, for `tf.saved_model.save`."""
        text = tf.TensorSpec((1,), tf.string, name="text")
        return {"translate": tf.function(self.translate, input_signature=[text]).get_concrete_function()}

    def translate(self, text):
        """Maps `text` `(1,)` to its `translation` `(1,)`."""
        token_ids = self._source_tokenizer.tokenize(text)[: self._search.settings.max_length - 1]
        # A text without tokens has no end token. Its translation is empty.
        end = tf.where(tf.greater(tf.size(token_ids), 0), END_ID, PADDING_ID)
        source_ids = tf.expand_dims(tf.concat([token_ids, tf.expand_dims(end, 0)], axis=0), 0)
        best = tf.reshape(self._search.translate(source_ids)["target_ids"][:, 0], (-1,))
        is_text = tf.logical_and(tf.not_equal(best, PADDING_ID), tf.not_equal(best, END_ID))
        return {"translation": self._target_detokenizer.detokenize(tf.boolean_mask(best, is_text))}
