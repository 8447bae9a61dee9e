import tensorflow as tf

from keras_transformer.export.tflite.text_signatures.code_point_tokenizer import CodePointTokenizer, is_visible
from keras_transformer.special_tokens import END_ID

# Width of the signature with a fixed shape, for runtimes that cannot resize inputs.
FIXED_LENGTH = 256


class TextsToTexts(tf.Module):
    """The signatures of a TFLite file for texts: code points to code points, with the search between the tokenizers.

    Args:
        search: the `IdsToIds`.
        tokenizers: the `Tokenizers`.

    Raises:
        InputError: a vocabulary is not supported, see `CodePointTokenizer`.
    """

    def __init__(self, search, tokenizers):
        super().__init__()
        self.search = search
        self._source = CodePointTokenizer(tokenizers.source.model)
        self._target = self._source if tokenizers.is_shared else CodePointTokenizer(tokenizers.target.model)

    def signatures(self):
        """Returns the signatures by name, with those of the search, for `tf.saved_model.save`."""
        functions = {
            "translate_text": (self.translate, "code_points", (1, None)),
            f"translate_text_{FIXED_LENGTH}": (self.translate, "code_points", (1, FIXED_LENGTH)),
            "tokenize": (self.tokenize, "code_points", (1, None)),
            "detokenize": (self.detokenize, "ids", (None, None)),
        }
        return self.search.signatures() | {
            name: tf.function(
                function, input_signature=[tf.TensorSpec(shape, tf.int32, name=argument)]
            ).get_concrete_function()
            for name, (function, argument, shape) in functions.items()
        }

    def translate(self, code_points):
        """Maps `code_points` `(1, length)` to `code_points` `(1, beam_size, max_length * longest token)`, and `scores`.

        A longer text is cut at `max_length` tokens, including the end token.
        """
        text = _only_row(code_points)
        token_ids, count = self._source.tokenize(text)
        # A blank text has no tokens, and no end token. Its translation is empty.
        count = count * is_visible(text)
        kept = tf.minimum(count, self.search.settings.max_length - 1)
        end = END_ID * tf.minimum(count, 1)
        source_ids = tf.concat([token_ids[:kept], tf.expand_dims(end, 0)], axis=0)
        found = self.search.search(tf.expand_dims(source_ids, 0))
        settings, longest = self.search.settings, self._target.pieces.longest
        written = self._target.detokenize(tf.squeeze(found.token_ids, 0))
        missing = settings.max_length * longest - tf.shape(written)[1]
        return {
            "code_points": tf.reshape(
                tf.pad(written, [[0, 0], [0, missing]]), (1, settings.beam_size, settings.max_length * longest)
            ),
            "scores": tf.reshape(found.scores, (1, settings.beam_size)),
        }

    def tokenize(self, code_points):
        """Maps `code_points` `(1, length)` to `ids` `(1, tokens)`. A text without tokens has the one id 0."""
        token_ids, count = self._source.tokenize(_only_row(code_points))
        return {"ids": tf.expand_dims(token_ids[: tf.maximum(count, 1)], 0)}

    def detokenize(self, ids):
        """Maps the target's `ids` `(rows, length)` to `code_points` `(rows, length * longest token)`, padded with 0."""
        return {"code_points": self._target.detokenize(ids)}


def _only_row(code_points):
    """Returns the text of `(1, length)`. Runtimes refuse to unstack several rows. A reshape would join them."""
    (text,) = tf.unstack(code_points, 1)
    return text
