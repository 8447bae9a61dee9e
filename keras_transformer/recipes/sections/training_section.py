from typing import Annotated, Literal

import pydantic
from pydantic import Field

from keras_transformer.errors import InputError
from keras_transformer.recipes.sections.section import Section, share_value
from keras_transformer.schedules.decays import DECAYS

# The paper's warm-up, in a training of 100,000 steps.
DEFAULT_WARMUP_STEPS = 4000
# The parts of a model that can be frozen. Every weight belongs to one of them.
PARTS = ("encoder", "decoder", "embeddings")


class TrainingSection(Section):
    """`[training]`: Arguments of `model.compile` and `model.fit`."""

    init_from: str | None = Field(
        None,
        min_length=1,
        description=(
            "Model folder whose weights the training starts from (fine-tuning). Vocabulary and architecture are those "
            "of this model. A relative name is relative to the folder of the recipe, or to the current folder for a "
            "bundled recipe; --data does not change it."
        ),
    )
    freeze: list[Literal[PARTS]] = Field(
        [],
        description=(
            "Parts of the model of init_from that are not trained: encoder; decoder (with a separate output "
            "projection and bias); embeddings (with the output projection if it is shared)."
        ),
    )
    lora_rank: int | None = Field(
        None,
        ge=1,
        description=(
            "Rank of low-rank updates (LoRA) of the dense layers in the blocks of the model of init_from. Nothing else "
            "is trained. The updates are added to the kernels at the end. Default: all weights are trained."
        ),
    )
    epochs: int | None = Field(
        None, ge=1, description="Passes over the training pairs. Default: 20, unless steps is given."
    )
    steps: int | None = Field(None, ge=1, description="Optimizer steps, instead of epochs.")
    optimizer_steps_per_epoch: int | None = Field(
        None, ge=1, description="Optimizer steps of an epoch. Default: one pass over the pairs."
    )
    # Keras's `steps_per_epoch` counts batches. A step can have several batches.
    steps_per_epoch: int | None = Field(
        None, ge=1, exclude=True, description="Former name of optimizer_steps_per_epoch. Give one of the two."
    )
    batch_tokens: int = Field(
        4096, ge=1, description="Maximum number of tokens of a step on either side, including padding."
    )
    accumulation_steps: int = Field(
        1,
        ge=1,
        description=(
            "Number of parts of a step's batch, processed one after the other to save memory. The step is the same."
        ),
    )
    optimizer: Literal["adam", "muon"] = Field(
        "adam",
        description=(
            "adam, the paper's; or muon, which trains the matrices of the layers with Muon, and embeddings, "
            "biases and normalisation with Adam."
        ),
    )
    learning_rate: float | None = Field(
        None,
        gt=0,
        description=(
            "Peak learning rate, reached at warmup_steps. Default: the paper's, (hidden_dim * "
            f"warmup_steps)^-0.5, with {DEFAULT_WARMUP_STEPS:,} steps if warmup_steps is not given."
        ),
    )
    adam_lr_ratio: float = Field(1.0, gt=0, description="Adam's learning rate divided by Muon's, for optimizer muon.")
    warmup_steps: int | None = Field(
        None,
        ge=1,
        description=(
            f"Steps in which the learning rate rises. Default: a tenth of all steps, at most {DEFAULT_WARMUP_STEPS:,}."
        ),
    )
    decay: Literal[DECAYS] = Field(
        "inverse_sqrt",
        description=(
            "Decay of the learning rate after the warm-up: inverse_sqrt, or linear or cosine to 0 at the last step."
        ),
    )
    label_smoothing: float = Field(
        0.1, ge=0, lt=1, description="Fraction of the label's probability spread over the vocabulary."
    )
    concatenation: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Fraction of sentences joined with a neighbour, drawn anew each epoch. 0 disables it.",
    )
    bidirectional_epochs: int = Field(
        0,
        ge=0,
        description=(
            "Number of epochs at the beginning in which half of the pairs, drawn anew each epoch, are used "
            "in the reverse direction (target to source). 0 disables it. Deprecated: it did not improve any "
            "measured training; version 1.0 removes it."
        ),
    )
    word_dropout: float = Field(
        0.0,
        ge=0,
        lt=1,
        description=("Fraction of input tokens replaced by the unknown token, drawn anew each epoch. 0 disables it."),
    )
    r_drop: float = Field(
        0.0,
        ge=0,
        description=("Weight of the R-Drop divergence between two passes of each sentence. 0 disables it; 5 is usual."),
    )
    guided_alignment_weight: float = Field(
        0.1,
        gt=0,
        description=(
            "Weight of the cross-entropy of the attention with [data] train_alignments, per target token. It has no "
            "effect without alignments."
        ),
    )
    guided_alignment_layer: int | None = Field(
        None, ge=1, description="Decoder block whose attention is trained to align, from 1. Default: the last one."
    )
    guided_alignment_head: Annotated[int, Field(ge=1)] | Literal["mean"] = Field(
        1, description='Head of this block that is trained to align, from 1, or "mean" for the mean of all heads.'
    )
    weight_decay: float = Field(
        0.0, ge=0, description="Fraction of the weights, times the learning rate, subtracted at each step."
    )
    clip_norm: float | None = Field(
        None, gt=0, description="Maximum global norm of the gradient. Default: no clipping."
    )
    seed: int = Field(0, ge=0, lt=2**32, description="Seed of weights, dropout, shuffling and sampling.")
    average_checkpoints: int = Field(1, ge=1, description="Number of epochs whose weights are averaged at the end.")
    average_of: Literal["last", "best"] = Field(
        "last", description="Epochs that are averaged: the last, or the best by monitor of [evaluation]."
    )
    ema_momentum: float | None = Field(
        None, gt=0, lt=1, description="Momentum of a moving average of the weights, instead of average_checkpoints."
    )
    precision: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        "float32",
        description=("Precision of the computation. auto is bfloat16 where the hardware supports it, else float32."),
    )
    jit_compile: bool = Field(
        False, description=("Whether XLA compiles the step. Batches are then padded to few shapes, each compiled once.")
    )
    loss_rows: int | None = Field(
        None,
        ge=0,
        description=(
            "Maximum number of target tokens whose logits are in memory at a time. Default: by the size of the "
            "vocabulary and of the processor's cache. 0: those of the whole batch, as r_drop always needs them."
        ),
    )
    save_every: int = Field(1000, ge=1, description="Steps between two saves within an epoch, for --resume.")
    tensorboard: bool = Field(
        False, description="Whether TensorBoard logs are written to tensorboard/ in the model folder."
    )

    @pydantic.model_validator(mode="after")
    def _keys_fit(self):
        share_value(self, "optimizer_steps_per_epoch", "steps_per_epoch")
        if self.epochs and self.steps:
            raise ValueError("give either epochs or steps")
        if self.adam_lr_ratio != 1 and self.optimizer != "muon":
            raise ValueError('adam_lr_ratio needs optimizer = "muon"')
        if set(self.freeze) == set(PARTS):
            raise ValueError(
                f"freeze has all parts of the model, so nothing would be trained. Remove one of {', '.join(PARTS)}"
            )
        if self.lora_rank and {"encoder", "decoder"} <= set(self.freeze):
            raise ValueError("lora_rank trains dense layers of encoder and decoder. Remove one of the two from freeze")
        if self.precision == "float16" and self.accumulation_steps > 1:
            raise ValueError("float16 excludes accumulation_steps: a part that overflows would be missing in its step")
        if not self.epochs and not self.steps:
            object.__setattr__(self, "epochs", 20)
        if self.ema_momentum and (self.average_checkpoints > 1 or self.average_of == "best"):
            raise ValueError("give either ema_momentum or average_checkpoints with average_of")
        if self.ema_momentum and self.accumulation_steps > 1:
            raise ValueError("ema_momentum excludes accumulation_steps: Keras would include every part in the average")
        return self

    def check_length(self, epochs):
        """Raises an `InputError` if `bidirectional_epochs` exceeds the number of epochs.

        Args:
            epochs: number of epochs of the training, or None if it is not known yet.
        """
        if epochs and self.bidirectional_epochs > epochs:
            raise InputError(
                "[training] bidirectional_epochs must be at most the number of epochs. Received: "
                f"bidirectional_epochs={self.bidirectional_epochs}, {epochs} epochs."
            )
