import opennmt


class SmallTransformer(opennmt.models.Transformer):
    def __init__(self):
        super().__init__(num_layers=(2, 1), num_units=32, num_heads=4, ffn_inner_dim=48, dropout=0.05)


model = SmallTransformer
