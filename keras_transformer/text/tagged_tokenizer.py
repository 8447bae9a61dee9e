import tensorflow as tf

from keras_transformer.text.blank import BLANK_PATTERN
from keras_transformer.text.graph_tokenizer import string_tensor
from keras_transformer.text.target_tags import target_tags
from keras_transformer.text.tokenizer import Tokenizer

# A tag at the beginning of a text, and the space after it.
_TAG = "<2[A-Za-z0-9-]+>"
_BEGINNING = f"^{_TAG}(?: |$)"


class TaggedTokenizer(Tokenizer):
    """A tokenizer of sources that begin with the tag of a language, such as "<2de> Good morning.".

    The tag becomes the first token. The other tokens are those of the text alone, as in a model with a
    `source_prefix`. A blank text has no token, not even its tag. Training with several directions uses this class.

    Args:
        tokenizer: the `Tokenizer` with `target_tags`.
    """

    def __init__(self, tokenizer):
        super().__init__(tokenizer.model)
        tags = target_tags(self)
        self._ids = [tag.token_id for tag in tags]
        # The tags with the space after them.
        self.prefixes = [f"{self.token(token_id)} " for token_id in self._ids]

    def __eq__(self, other):
        return isinstance(other, TaggedTokenizer) and self.model == other.model

    def __hash__(self):
        return hash((TaggedTokenizer, self.model))

    def tokenize(self, texts, sampling=0.0, seed=None):
        """Returns token ids of texts with tags, see `Tokenizer.tokenize`."""
        tags, rest = split_tags(string_tensor(texts))
        rest = tf.where(tf.strings.regex_full_match(rest, BLANK_PATTERN), "", rest)
        rows = super().tokenize(rest, sampling, seed).with_row_splits_dtype(tf.int64)
        is_tag = tf.equal(tf.expand_dims(tags, 1), tf.constant(self.prefixes))
        has_tag = tf.logical_and(tf.reduce_any(is_tag, axis=1), tf.greater(rows.row_lengths(), 0))
        token_ids = tf.gather(tf.constant(self._ids, tf.int32), tf.argmax(tf.cast(is_tag, tf.int32), axis=1))
        first = tf.RaggedTensor.from_row_lengths(
            tf.boolean_mask(token_ids, has_tag), tf.cast(has_tag, tf.int64), validate=False
        )
        return tf.concat([first, rows], axis=1)


def split_tags(texts):
    """Splits `(batch,)` strings into the tags at their beginning, with one space, and the rest.

    The tag of a text without one is empty. A tag alone, without a space, is split as well.
    """
    rest = tf.strings.regex_replace(texts, _BEGINNING, "", replace_global=False)
    lengths = tf.strings.length(texts) - tf.strings.length(rest)
    tags = tf.strings.substr(texts, tf.zeros_like(lengths), lengths)
    return tf.strings.regex_replace(tags, ">$", "> "), rest


def with_tag(pairs, tag):
    """Puts a tag before the sources of a `tf.data.Dataset` of `(source, target)` scalar strings."""
    return pairs.map(lambda source, target: (tf.strings.join([tag, " ", source]), target))


def without_tags(pairs):
    """Removes the tags of `with_tag`."""
    return pairs.map(lambda source, target: (tf.strings.regex_replace(source, _BEGINNING, "", False), target))
