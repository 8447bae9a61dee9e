"""Names of the weights of MarianMT, Pegasus, M2M100 and NLLB in Transformers, and their layers in this library.

Transformers has the sines of the positions in the first half of the vector and the cosines in the second. Here they
alternate. All weights that read or write the residual stream are permuted accordingly.
"""

import numpy as np

SIDES = ("encoder", "decoder")
SHARED, PROJECTION, BIAS = "model.shared.weight", "lm_head.weight", "final_logits_bias"
TABLE, FINAL_NORM = "model.{}.embed_tokens.weight", "model.{}.layer_norm"
# The table of positions of Marian and Pegasus, and that of M2M100, which has rows for the positions 0 and 1 as well.
POSITIONS = ("model.{}.embed_positions.weight", "model.{}.embed_positions.weights")


def residual_order(width):
    """Returns the order of the residual stream: ours[i] is theirs[order[i]]. It begins with a sine and its cosine.

    Args:
        width: the width of the model, an even number.
    """
    return np.arange(width).reshape(2, -1).T.reshape(-1)


def block_name(side, number):
    """Returns the name of a block in Transformers, "model.encoder.layers.0" for the first of the encoder."""
    return f"model.{side}.layers.{number}"


def dense_names(side):
    """Returns the names of the dense layers of a block by their path in this library.

    One layer here can be several layers there, whose outputs are concatenated.

    Args:
        side: "encoder" or "decoder".

    Returns:
        A dictionary from strings such as "self_attention/output_dense" to lists of strings such as
        "self_attn.out_proj".
    """
    cross = {
        "cross_attention/query_dense": ["encoder_attn.q_proj"],
        "cross_attention/key_value_dense": ["encoder_attn.k_proj", "encoder_attn.v_proj"],
        "cross_attention/output_dense": ["encoder_attn.out_proj"],
    }
    return {
        "self_attention/query_key_value_dense": [f"self_attn.{part}_proj" for part in "qkv"],
        "self_attention/output_dense": ["self_attn.out_proj"],
        **(cross if side == "decoder" else {}),
        "feed_forward/intermediate_dense": ["fc1"],
        "feed_forward/output_dense": ["fc2"],
    }


def norm_names(side):
    """Returns the names of the normalisations of a block, as `dense_names` does."""
    cross = {"cross_attention_norm": "encoder_attn_layer_norm"} if side == "decoder" else {}
    return {"self_attention_norm": "self_attn_layer_norm", **cross, "feed_forward_norm": "final_layer_norm"}


def writes_residual(path):
    """Returns whether the outputs of a dense layer are added to the residual stream. Otherwise, its inputs are read."""
    return path.endswith("/output_dense")
