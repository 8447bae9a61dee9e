import opennmt
import tensorflow as tf

WIDTH = 16


def model():
    return opennmt.models.Transformer(
        num_layers=1,
        num_units=WIDTH,
        num_heads=2,
        ffn_inner_dim=24,
        ffn_activation=tf.nn.gelu,
        mha_bias=False,
        share_embeddings=opennmt.models.EmbeddingsSharingLevel.ALL,
        pre_norm=False,
        output_layer_bias=False,
    )
