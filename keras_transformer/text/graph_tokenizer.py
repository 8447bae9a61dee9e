"""A SentencePiece model as operations of the TensorFlow graph."""

import functools
import hashlib
import itertools

import numpy as np
import tensorflow as tf

from keras_transformer.text.subword_sampler import SubwordSampler
from keras_transformer.text.tensorflow_text_import import sentencepiece_tokenizer, tensorflow_text
from keras_transformer.text.tokenizer import check_unicode


class _LastingModelResource(sentencepiece_tokenizer._SentencepieceModelResource):
    """A SentencePiece model that outlives TensorFlow's cache of kernels.

    In TensorFlow Text, the kernel that created the resource owns it. `keras.utils.set_random_seed`,
    `tf.random.set_seed` and `keras.utils.clear_session` clear the cache of kernels, and all existing tokenizers would
    become unusable (tensorflow/text issue 570). With a shared name, the process owns the resource.
    """

    def _create_resource(self):
        create = sentencepiece_tokenizer.gen_sentencepiece_tokenizer.sentencepiece_op
        return create(model=self._model, shared_name=self._name, name=self._name)


class GraphTokenizer:
    """The operations of a `Tokenizer`.

    Args:
        model: the bytes of a checked SentencePiece model.

    Attributes:
        tokenizer: the `tensorflow_text.SentencepieceTokenizer`.
    """

    def __init__(self, model):
        # Two tokenizers with the same name would be merged in a SavedModel (tensorflow/text issue 1304).
        name = f"sentencepiece_{hashlib.sha256(model).hexdigest()[:16]}"
        with tf.init_scope():  # The first use can be within a graph, which must not own the resource.
            self.tokenizer = tensorflow_text.SentencepieceTokenizer(model, out_type=tf.int32, name=name)
            self.tokenizer._model_resource = _LastingModelResource(model, name)
        self._samplers = {}

    def tokenize(self, texts):
        """Returns the best segmentation of texts, see `Tokenizer.tokenize`."""
        return self.tokenizer.tokenize(string_tensor(texts))

    def sample(self, texts, pieces, sampling, seed):
        """Returns a random segmentation of texts, see `Tokenizer.tokenize`.

        Args:
            texts, sampling, seed: see there.
            pieces: the `SentencePieceProcessor` of the model.
        """
        texts = string_tensor(texts)
        if texts.shape.rank not in (1, None):
            raise ValueError(
                f"Sampling needs `texts` of the shape (batch,). Received: the shape {texts.shape}. Put a single text "
                "into a list."
            )
        if seed is None:
            seed = tf.random.uniform((), maxval=tf.int32.max, dtype=tf.int32)
        if sampling not in self._samplers:
            self._samplers[sampling] = SubwordSampler(pieces, sampling)
        sample = functools.partial(_sampled, self._samplers[sampling])
        token_ids, lengths = tf.numpy_function(sample, (texts, seed), (tf.int32, tf.int32), stateful=False)
        lengths = tf.ensure_shape(lengths, (None,))
        return tf.RaggedTensor.from_row_lengths(tf.ensure_shape(token_ids, (None,)), lengths, validate=False)


def string_tensor(texts):
    """Converts texts to a tensor of strings."""
    if not tf.is_tensor(texts):
        for text in np.asarray(texts, object).flat:
            if not isinstance(text, (str, bytes)):
                raise ValueError(f"Expected texts of the type str or bytes. Received: {text!r}.")
            if isinstance(text, str):
                check_unicode(text)
        texts = tf.convert_to_tensor(texts, tf.string)
    if texts.dtype != tf.string:
        raise ValueError(f"Expected a tensor of strings. Received: a tensor of {texts.dtype.name}.")
    return texts


def _sampled(sampler, texts, seed):
    """Returns the sampled token ids of all texts in one list, and their number in each text."""
    rows = sampler.sample([text.decode("utf-8", errors="replace") for text in texts], int(seed))
    lengths = np.array([len(row) for row in rows], "int32")
    return np.fromiter(itertools.chain.from_iterable(rows), "int32", lengths.sum()), lengths
