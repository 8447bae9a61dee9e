"""The layers and metrics of keras-nlp, for comparisons.

No other test imports keras_nlp. For another oracle, write these functions for it. `golden/` has outputs of keras-nlp,
written by `golden/make_from_oracle.py`. They are compared without keras-nlp.
"""

import keras_nlp
import numpy as np
from attention_weights import copy_attention


def encoder_block(intermediate_dim, num_heads, **arguments):
    """The counterpart of our `TransformerEncoder`."""
    return keras_nlp.layers.TransformerEncoder(intermediate_dim, num_heads, **arguments)


def decoder_block(intermediate_dim, num_heads, **arguments):
    """The counterpart of our `TransformerDecoder`."""
    return keras_nlp.layers.TransformerDecoder(intermediate_dim, num_heads, **arguments)


def copy_block(ours, theirs):
    """Copies the weights of one of our blocks, built, into a built block of the oracle."""
    for name in ("self_attention", "cross_attention"):
        if hasattr(ours, name):
            copy_attention(getattr(ours, name), getattr(theirs, f"_{name}_layer"))
            norm = getattr(theirs, f"_{name}_layer_norm")
            norm.set_weights(getattr(ours, f"{name}_norm").get_weights())
    theirs._feedforward_intermediate_dense.set_weights(ours.feed_forward.intermediate_dense.get_weights())
    theirs._feedforward_output_dense.set_weights(ours.feed_forward.output_dense.get_weights())
    theirs._feedforward_layer_norm.set_weights(ours.feed_forward_norm.get_weights())


def positions(length, hidden_dim):
    """The sinusoidal positions, `(length, hidden_dim)`."""
    inputs = np.zeros((1, length, hidden_dim), "float32")
    return np.array(keras_nlp.layers.SinePositionEncoding()(inputs))[0]


def perplexity():
    """A metric over logits that ignores padding."""
    return keras_nlp.metrics.Perplexity(from_logits=True, mask_token_id=0)
