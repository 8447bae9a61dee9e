from opennmt.models import EmbeddingsSharingLevel, Transformer

model = lambda: Transformer(
    None, None, (1, 2), 16, 8, 20, share_embeddings=EmbeddingsSharingLevel.TARGET, attention_dropout=0.2
)
