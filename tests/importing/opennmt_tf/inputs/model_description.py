import opennmt

model = lambda: opennmt.models.Transformer(
    num_layers=1,
    num_units=16,
    num_heads=4,
    ffn_inner_dim=24,
    share_embeddings=opennmt.models.EmbeddingsSharingLevel.SOURCE_TARGET_INPUT,
)
