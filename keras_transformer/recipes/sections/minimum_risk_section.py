from pydantic import Field

from keras_transformer.recipes.sections.section import Section


class MinimumRiskSection(Section):
    """`[minimum_risk]`: After training, the model translates the training text and learns to prefer its better
    translations (minimum risk training, Shen et al. 2016; see `ExpectedRisk`).
    """

    epochs: int = Field(0, ge=0, description="Passes over the training pairs. 0 disables the stage.")
    candidates: int = Field(8, ge=2, description="Number of translations of each sentence, from a beam of that size.")
    batch_tokens: int = Field(
        4096,
        ge=1,
        description=("Maximum number of tokens of a step on either side, including all translations of a sentence."),
    )
    learning_rate: float = Field(
        3e-4,
        gt=0,
        description=("Peak learning rate, reached after a tenth of the steps. It falls to 0 at the last step."),
    )
    sharpness: float = Field(
        8.0, gt=0, description="Factor on the log-probability per token in the softmax over a sentence's translations."
    )
    cross_entropy: float = Field(0.1, ge=0, description="Weight of the cross-entropy of the references.")
    chrf: float = Field(
        0.5,
        ge=0,
        le=1,
        description=("Weight of chrF in the quality of a translation. Sentence BLEU has the remaining weight."),
    )
