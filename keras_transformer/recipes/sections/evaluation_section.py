from typing import Literal

import pydantic
from pydantic import Field

from keras_transformer.errors import InputError
from keras_transformer.generation.search_settings import GREEDY, SearchSettings
from keras_transformer.metrics.text_scores import TOKENIZERS
from keras_transformer.recipes.sections.section import Section, share_value

# Values that can be monitored, and whether lower or higher values are better.
MONITORS = {
    "val_bleu": "max",
    "val_chrf": "max",
    "val_loss": "min",
    "val_perplexity": "min",
    "val_token_accuracy": "max",
}


class EvaluationSection(Section):
    """`[evaluation]`: Scores on the validation set during training, and the decisions that use them."""

    every: int = Field(
        0,
        ge=0,
        description=(
            "Number of epochs between two evaluations (BLEU and chrF on the validation set). 0 disables them."
        ),
    )
    every_steps: int | None = Field(
        None,
        ge=1,
        description=(
            "Number of optimizer steps between two evaluations, instead of every. The last evaluation ranks an epoch."
        ),
    )
    beam_size: int = Field(GREEDY.beam_size, ge=1, description="Beam size of the evaluations.")
    tokenize: Literal[TOKENIZERS] = Field("13a", description="sacreBLEU's tokenization. Use none for tokenised text.")
    at_end: bool = Field(
        True,
        description=(
            "Whether the trained model translates the validation set, at most 2,000 pairs, for the model card."
        ),
    )
    samples: int = Field(0, ge=0, description="Number of sentences whose translations are printed at each evaluation.")
    monitor: Literal[tuple(MONITORS)] = Field(
        "val_bleu", description="Score that ranks epochs: " + ", ".join(MONITORS) + "."
    )
    patience: int = Field(
        0,
        ge=0,
        description=(
            "Number of evaluated epochs without improvement after which training stops. 0 disables early stopping. "
            'The model has the last weights, or with [training] average_of = "best" the best ones.'
        ),
    )
    # Not written, so that a recipe that was read can be written and read again.
    stop_after: int = Field(0, ge=0, exclude=True, description="Former name of patience. Give one of the two.")

    @property
    def search_settings(self):
        """The `SearchSettings` of the evaluations."""
        return SearchSettings(beam_size=self.beam_size)

    @property
    def translates(self):
        """Whether the validation set is translated."""
        return bool(self.every or self.every_steps)

    @property
    def monitors_translations(self):
        """Whether the monitored score is computed from translations."""
        return self.monitor in ("val_bleu", "val_chrf")

    def check_length(self, epochs, steps):
        """Raises an `InputError` if the training ends before the first evaluation.

        Args:
            epochs: number of epochs of the training, or None if it is not known yet.
            steps: number of its optimizer steps, or None if it is not known yet.
        """
        for name, every, length in [("epochs", self.every, epochs), ("steps", self.every_steps, steps)]:
            if every and length and every > length:
                raise InputError(
                    f"[evaluation]: the first evaluation is after {every:,} {name}, but the training has {length:,}."
                )

    @pydantic.model_validator(mode="after")
    def _keys_fit(self):
        if self.every and self.every_steps:
            raise ValueError("give either every or every_steps")
        given = share_value(self, "patience", "stop_after")
        if self.patience and self.monitors_translations and not self.translates:
            raise ValueError(f"{given} needs every, or a monitor other than {self.monitor}")
        if self.samples and not self.translates:
            raise ValueError("samples needs every")
        return self
