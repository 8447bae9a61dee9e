from typing import Literal

from pydantic import Field

from keras_transformer.models.transformer_config import FIELDS_OF_IMPORTS, PRESETS
from keras_transformer.recipes.sections.section import Section

_OF_PRESET = "Default: that of the preset."


class ModelSection(Section):
    """`[model]`: The preset, and any field of `TransformerConfig` that does not depend on the data."""

    preset: Literal[tuple(PRESETS)] = Field("tiny", description="Size of the model: " + ", ".join(PRESETS) + ".")
    num_encoder_layers: int | None = Field(None, description=f"Number of encoder blocks. {_OF_PRESET}")
    num_decoder_layers: int | None = Field(None, description=f"Number of decoder blocks. {_OF_PRESET}")
    hidden_dim: int | None = Field(None, description=f"Width of the model, d_model in the paper. {_OF_PRESET}")
    intermediate_dim: int | None = Field(
        None, description=f"Width inside the feed-forward networks, d_ff in the paper. {_OF_PRESET}"
    )
    num_heads: int | None = Field(
        None, description=f"Number of attention heads; it must divide `hidden_dim`. {_OF_PRESET}"
    )
    dropout: float | None = Field(
        None, description=f"Rate on the sum of embedding and position and on every sub-layer's output. {_OF_PRESET}"
    )
    attention_dropout: float | None = Field(None, description="Rate on the attention scores. Default: 0.0.")
    intermediate_dropout: float | None = Field(None, description="Rate inside the feed-forward networks. Default: 0.0.")
    activation: str | None = Field(
        None, description='Activation of the feed-forward networks, one of `ACTIVATIONS`. Default: "relu".'
    )
    normalize_first: bool | None = Field(
        None, description="True for pre-norm with a final normalisation; False (default) for post-norm, the paper's."
    )
    layer_norm_epsilon: float | None = Field(
        None, description="Number added to the variance in layer normalisation. Default: 1e-5."
    )
    share_embeddings: bool | None = Field(
        None,
        description=(
            "Whether source and target share one embedding table. Default: True, unless the target has a separate "
            "vocabulary."
        ),
    )
    share_output: bool | None = Field(
        None,
        description="Whether the output projection is the transposed target embedding table. Default: True.",
    )
    output_bias: bool | None = Field(
        None, description="Whether the logits have a bias for each token of the target. Default: False."
    )
    first_position: int | None = Field(None, description="The position of the first token. Default: 0.")
    position_frequencies: str | None = Field(
        None,
        description='Frequencies of the positions, "paper" or "tensor2tensor" as in fairseq and OpenNMT-tf. Default: '
        '"paper".',
    )
    source_prefix: int | None = Field(
        None, description="Id of the token that is inserted before every source, the language of a multilingual model."
    )
    target_prefix: int | None = Field(
        None,
        description="Id of the token that is inserted after the start token of every target, the language of a "
        "multilingual model.",
    )
    source_end: bool | None = Field(
        None, description="Whether the encoder attends to the end token of the source. Default: True."
    )


# The fields of `TransformerConfig` that a recipe may set; the data decides the others. A recipe as run has fields of
# imports only if they have another value than the default.
MODEL_FIELDS = tuple(name for name in ModelSection.model_fields if name != "preset")
OWN_MODEL_FIELDS = tuple(name for name in MODEL_FIELDS if name not in FIELDS_OF_IMPORTS)
