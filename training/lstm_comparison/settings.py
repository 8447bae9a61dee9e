"""Kinds of model, and the size and the training of a run on each corpus."""

import dataclasses

TRANSFORMER, LSTM_ATTENTION, LSTM = KINDS = ("transformer", "lstm_attention", "lstm")
TITLES = {TRANSFORMER: "Transformer", LSTM_ATTENTION: "LSTM with attention", LSTM: "LSTM without attention"}
LEARNING_RATES = (0.001, 0.003, 0.009)
SEEDS = (1, 2, 3)


@dataclasses.dataclass(frozen=True)
class Settings:
    """Settings of all runs on a corpus. The width of an LSTM follows from the Transformer's number of parameters.

    Args:
        model: fields of the Transformer's config.
        dropout: dropout rate of all kinds.
        epochs: number of epochs.
        steps_per_epoch: number of training steps of an epoch.
        batch_tokens: maximum number of tokens of a batch on either side.
        max_length: maximum number of tokens on either side.
    """

    model: dict
    dropout: float
    epochs: int
    steps_per_epoch: int
    batch_tokens: int
    max_length: int

    @property
    def steps(self):
        return self.epochs * self.steps_per_epoch


SETTINGS = {
    "phrases": Settings(
        model={
            "num_encoder_layers": 2,
            "num_decoder_layers": 2,
            "hidden_dim": 128,
            "intermediate_dim": 256,
            "num_heads": 4,
        },
        dropout=0.1,
        epochs=20,
        steps_per_epoch=100,
        batch_tokens=1024,
        max_length=96,
    ),
    # About 210 batches are one pass over half of the 29,000 pairs.
    "multi30k": Settings(
        model={
            "num_encoder_layers": 2,
            "num_decoder_layers": 2,
            "hidden_dim": 128,
            "intermediate_dim": 256,
            "num_heads": 4,
        },
        dropout=0.3,
        epochs=10,
        steps_per_epoch=210,
        batch_tokens=1024,
        max_length=256,
    ),
}
