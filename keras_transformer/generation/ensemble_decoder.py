import tensorflow as tf

from keras_transformer.generation.cached_decoder import CachedDecoder
from keras_transformer.models.ensemble import mean_log_probabilities


class EnsembleDecoder:
    """Runs the decoders of several Transformers one token at a time, with the methods of `CachedDecoder`.

    Sources and caches are tuples with those of each model. The logits are logarithms of the mean probabilities.

    Args:
        members: the `TransformerParts` of the models.
        beam_size: number of hypotheses per sentence.
    """

    def __init__(self, members, beam_size):
        self.decoders = [CachedDecoder(parts, beam_size) for parts in members]

    def encode(self, source_ids):
        """Runs the encoders and returns the `EncodedSource` of each."""
        return tuple(decoder.encode(source_ids) for decoder in self.decoders)

    def empty_cache(self, batch_size):
        """Returns the caches before the first step."""
        return tuple(decoder.empty_cache(batch_size) for decoder in self.decoders)

    def cache_shapes(self):
        """Returns the shapes of the caches, for `tf.while_loop`."""
        return tuple(decoder.cache_shapes() for decoder in self.decoders)

    def output_weights(self, tokens):
        """Returns the kernels and the biases of the output layers for `OutputTokens`, two tuples."""
        return tuple(zip(*(decoder.output_weights(tokens) for decoder in self.decoders), strict=True))

    def step(self, token_ids, position, encoded, caches, output=None):
        """Decodes one more token of every hypothesis. Returns logits and caches."""
        output = [None] * len(self.decoders) if output is None else zip(*output, strict=True)
        found = [
            decoder.step(token_ids, position, *of_decoder)
            for decoder, *of_decoder in zip(self.decoders, encoded, caches, output, strict=True)
        ]
        logits, caches = zip(*found, strict=True)
        return tf.ensure_shape(mean_log_probabilities(logits), logits[0].shape), caches

    def reorder(self, caches, parents):
        """Returns the caches after every hypothesis was replaced by a continuation of `parents`."""
        return self._each("reorder", caches, parents)

    def end_block(self, caches, sentences):
        """Returns the caches of some sentences, with all new steps except the last moved to the old ones."""
        return self._each("end_block", caches, sentences)

    def _each(self, method, caches, argument):
        return tuple(
            getattr(decoder, method)(cache, argument) for decoder, cache in zip(self.decoders, caches, strict=True)
        )


def decoder_of(members, beam_size):
    """Returns the decoder of one model, or of an ensemble.

    Args:
        members: the `TransformerParts` of the models, a tuple.
        beam_size: number of hypotheses per sentence.
    """
    return CachedDecoder(members[0], beam_size) if len(members) == 1 else EnsembleDecoder(members, beam_size)
