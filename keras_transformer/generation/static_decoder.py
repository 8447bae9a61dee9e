import tensorflow as tf

from keras_transformer.generation.cached_decoder import CachedDecoder, DecoderCache
from keras_transformer.layers.attention import hiding_bias


class StaticDecoder(CachedDecoder):
    """A `CachedDecoder` whose tensors never change their shapes, for XLA.

    The new steps of its cache are all steps, and the old ones are missing. Steps of the future are hidden.

    Args:
        parts: the `TransformerParts` of the model.
        beam_size: number of hypotheses per sentence.
        num_steps: maximum number of steps.
    """

    def __init__(self, parts, beam_size, num_steps):
        super().__init__(parts, beam_size)
        self.num_steps = num_steps

    def empty_cache(self, batch_size):
        """Returns the `DecoderCache` before the first step."""
        num_slots = self.num_steps * self.beam_size
        slots = (tf.zeros((batch_size, self.num_heads, num_slots, self.head_dim), self.dtype),)
        slots = slots * len(self.parts.decoders)
        bias = hiding_bias(tf.zeros((batch_size, 1, self.beam_size, num_slots), tf.bool))
        return DecoderCache((), (), slots, slots, bias)

    def _append(self, cached, new, position, axis=2):
        is_slot = tf.repeat(tf.equal(tf.range(self.num_steps), position), self.beam_size)
        shape = [-1 if each == axis else 1 for each in range(4)]
        repeats = [self.num_steps if each == axis else 1 for each in range(4)]
        return tf.where(tf.reshape(is_slot, shape), tf.tile(new, repeats), cached)
