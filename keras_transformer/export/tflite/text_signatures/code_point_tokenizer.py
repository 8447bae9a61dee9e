import tensorflow as tf
from sentencepiece import sentencepiece_model_pb2

from keras_transformer.export.tflite.text_signatures.detokenize import Detokenizer
from keras_transformer.export.tflite.text_signatures.graph_parts import as_int, compact
from keras_transformer.export.tflite.text_signatures.normalize import Normalizer
from keras_transformer.export.tflite.text_signatures.piece_tables import build_piece_tables
from keras_transformer.export.tflite.text_signatures.rule_tables import build_rule_tables
from keras_transformer.export.tflite.text_signatures.segment import Segmenter
from keras_transformer.export.tflite.text_signatures.supported import check_supported
from keras_transformer.text.blank import invisible_ranges
from keras_transformer.text.character_map import character_rules

_REPLACEMENT = 0xFFFD
_SURROGATES = (0xD800, 0xDFFF)
_GREATEST = 0x10FFFF


class CodePointTokenizer:
    """Converts code points to token ids and back in TFLite's built-in operations, with the results of `Tokenizer`.

    Code points below 0, surrogates and numbers above U+10FFFF are read as U+FFFD. 0 is padding and is dropped.

    Args:
        model: the bytes of a SentencePiece model, as for `Tokenizer`.

    Raises:
        InputError: the vocabulary is of another type than unigram, or is not supported for another reason.
    """

    def __init__(self, model):
        check_supported(model)
        normalizer = sentencepiece_model_pb2.ModelProto.FromString(model).normalizer_spec
        spaces = (normalizer.add_dummy_prefix, normalizer.remove_extra_whitespaces)
        rules = character_rules(model)
        self.pieces = build_piece_tables(model)
        self.rules = build_rule_tables(rules) if rules else None
        self._normalizer = Normalizer(self.rules, self.pieces, *spaces)
        self._segmenter = Segmenter(self.pieces)
        self._detokenizer = Detokenizer(self.pieces, drops_spaces=any(spaces))

    def tokenize(self, code_points):
        """Maps code points `(length,)` int32 to token ids `(tokens + 1,)` int32, padded with 0, and their number."""
        is_valid = tf.logical_or(
            tf.less(code_points, _SURROGATES[0]),
            tf.logical_and(tf.greater(code_points, _SURROGATES[1]), tf.less_equal(code_points, _GREATEST)),
        )
        is_valid = tf.logical_and(is_valid, tf.greater_equal(code_points, 0))
        text = tf.where(is_valid, code_points, _REPLACEMENT)
        text, _ = compact(text, tf.not_equal(text, 0))
        return self._segmenter.segment(*self._normalizer.normalize(text))

    def detokenize(self, token_ids):
        """Maps token ids `(rows, length)` int32 to code points `(rows, length * longest token)`, padded with 0.

        Ids outside of the vocabulary and special tokens have no text. The character 0 is dropped.
        """
        return self._detokenizer.detokenize(token_ids)


def is_visible(code_points):
    """Returns 1 if a text `(length,)` has a visible character, otherwise 0: it is blank."""
    # An odd number of passed limits is inside of a range.
    limits = tf.constant([[limit for first, last in invisible_ranges() for limit in (first, last + 1)]])
    passed = tf.reduce_sum(as_int(tf.greater_equal(tf.expand_dims(code_points, 1), limits)), axis=1)
    return tf.reduce_max(1 - passed % 2)
