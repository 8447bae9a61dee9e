import dataclasses
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from keras_transformer.errors import check_rate, short_repr, shortened
from keras_transformer.position_encodings import POSITION_FREQUENCIES

# The fields that a preset sets, and their values by preset name.
PRESET_FIELDS = ("num_encoder_layers", "num_decoder_layers", "hidden_dim", "intermediate_dim", "num_heads", "dropout")
PRESETS = {
    "tiny": (4, 4, 128, 256, 4, 0.1),
    "small": (6, 6, 512, 1024, 4, 0.1),
    "base": (6, 6, 512, 2048, 8, 0.1),
    "big": (6, 6, 1024, 4096, 16, 0.3),
    "fast": (12, 1, 512, 2048, 8, 0.1),
}
# Element-wise activations of Keras. `glu` would halve the width, and `softmax` is over the whole width.
ACTIVATIONS = (
    *("celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh"),
    *("leaky_relu", "linear", "log_sigmoid", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink"),
    *("softplus", "softsign", "sparse_plus", "sparse_sigmoid", "squareplus", "swish", "tanh", "tanh_shrink"),
)
# Keras has two names of these. A config has the second one, as the formats of exports do.
CANONICAL_ACTIVATIONS = {"swish": "silu", "hard_swish": "hard_silu"}
# The table of positions has `max_length` times `hidden_dim` numbers.
_MOST_POSITIONS = 2**16
_MOST = 2**31 - 1
# Types of the fields whose default is None.
_KINDS = {"target_vocabulary_size": int, "share_embeddings": bool, "source_prefix": int, "target_prefix": int}
# Fields of imported models. A default value is not written, so that earlier versions can read other models.
FIELDS_OF_IMPORTS = ("first_position", "position_frequencies", "source_prefix", "target_prefix", "source_end")
_TINY = float(np.finfo("float32").tiny)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TransformerConfig:
    """Configuration of a Transformer's architecture, checked when it is created and immutable afterwards.

    Args:
        vocabulary_size: number of tokens of the source, and of the target unless `target_vocabulary_size` is given.
        target_vocabulary_size: number of tokens of the target's vocabulary if it is a separate one. Default None.
        num_encoder_layers: number of encoder blocks. Default 6.
        num_decoder_layers: number of decoder blocks. Default 6.
        hidden_dim: width of the model, d_model in the paper. Default 512.
        intermediate_dim: width inside the feed-forward networks, d_ff in the paper. Default 2048.
        num_heads: number of attention heads; it must divide `hidden_dim`. Default 8.
        dropout: rate on the sum of embedding and position and on every sub-layer's output. Default 0.1.
        attention_dropout: rate on the attention scores. Default 0.0.
        intermediate_dropout: rate inside the feed-forward networks. Default 0.0.
        activation: activation of the feed-forward networks, one of `ACTIVATIONS`. "swish" becomes "silu", and
            "hard_swish" becomes "hard_silu". Default "relu".
        normalize_first: True for pre-norm with a final normalisation; False (default) for post-norm, the paper's.
        layer_norm_epsilon: number added to the variance in layer normalisation. Default 1e-5.
        max_length: the longest source or target, in tokens. Default 256.
        share_embeddings: whether source and target share one embedding table. Default: True, unless the target has
            a separate vocabulary.
        share_output: whether the output projection is the transposed target embedding table. Default True.
        output_bias: whether the logits have a bias for each token of the target. Default False.
        first_position: the position of the first token. Default 0.
        position_frequencies: "paper" (default) for 10000^(-2i/d), or "tensor2tensor" for 10000^(-2i/(d-2)), which
            fairseq and OpenNMT-tf have as well.
        source_prefix: a token that the model inserts at the beginning of every source, the language of a multilingual
            model. It does not count in `max_length`. Default None.
        target_prefix: a token that the model inserts after the start token of every target. Default None.
        source_end: whether the encoder attends to the end token of the source. Default True. Models of OpenNMT-tf are
            usually trained without this token.

    Raises:
        ValueError: a value is out of range, or two values exclude each other.

    Example:

    >>> config = kt.TransformerConfig.from_preset("tiny", vocabulary_size=8000, dropout=0.3)
    >>> kt.TransformerConfig.from_dict(config.to_dict()) == config
    True

    Reference:
        "Attention Is All You Need", table 3, for the presets "base" and "big". "tiny" and "small" are common sizes for
        small data. "fast" has a deep encoder and a shallow decoder, for fast translation: Kasai et al. 2021, "Deep
        Encoder, Shallow Decoder".
    """

    vocabulary_size: int
    target_vocabulary_size: int | None = None
    num_encoder_layers: int = 6
    num_decoder_layers: int = 6
    hidden_dim: int = 512
    intermediate_dim: int = 2048
    num_heads: int = 8
    dropout: float = 0.1
    attention_dropout: float = 0.0
    intermediate_dropout: float = 0.0
    activation: str = "relu"
    normalize_first: bool = False
    layer_norm_epsilon: float = 1e-5
    max_length: int = 256
    share_embeddings: bool | None = None
    share_output: bool = True
    output_bias: bool = False
    first_position: int = 0
    position_frequencies: str = "paper"
    source_prefix: int | None = None
    target_prefix: int | None = None
    source_end: bool = True

    def __post_init__(self):
        two_vocabularies = self.target_vocabulary_size is not None
        if self.share_embeddings is None:
            object.__setattr__(self, "share_embeddings", not two_vocabularies)
        if self.target_vocabulary_size is None:
            object.__setattr__(self, "target_vocabulary_size", self.vocabulary_size)
        self._check_types()
        object.__setattr__(self, "activation", CANONICAL_ACTIVATIONS.get(self.activation, self.activation))
        self._check_values()

    def _check_types(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is None and field.name in FIELDS_OF_IMPORTS:
                continue
            kind = _KINDS.get(field.name, type(field.default) if field.default is not dataclasses.MISSING else int)
            accepted = (int, float) if kind is float else kind
            if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
                raise ValueError(
                    f"`{field.name}` must be of type {kind.__name__}. Received: {field.name}={short_repr(value)}."
                )

    def _check_values(self):
        for name, value in dataclasses.asdict(self).items():
            if isinstance(value, bool | str) or value is None:
                continue
            if "dropout" in name:
                check_rate(name, value)
            elif name in FIELDS_OF_IMPORTS:
                self._check_import(name, value)
            elif value <= 0:
                raise ValueError(f"`{name}` must be positive. Received: {name}={short_repr(value)}.")
            elif value > (most := _MOST_POSITIONS if name == "max_length" else _MOST):
                raise ValueError(f"`{name}` must be at most {most:,}. Received: {name}={short_repr(value)}.")
        if not _TINY <= self.layer_norm_epsilon < 1:
            raise ValueError(
                "`layer_norm_epsilon` must be below 1 and at least the smallest normal float32. "
                f"Received: layer_norm_epsilon={short_repr(self.layer_norm_epsilon)}."
            )
        if self.hidden_dim % self.num_heads:
            raise ValueError(
                "`hidden_dim` must be divisible by `num_heads`. "
                f"Received: hidden_dim={self.hidden_dim}, num_heads={self.num_heads}."
            )
        if self.share_embeddings and self.target_vocabulary_size != self.vocabulary_size:
            raise ValueError(
                "`share_embeddings` needs one vocabulary for both languages. Received: "
                f"vocabulary_size={self.vocabulary_size}, target_vocabulary_size={self.target_vocabulary_size}."
            )
        for name, known in (("activation", ACTIVATIONS), ("position_frequencies", POSITION_FREQUENCIES)):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"`{name}` must be one of {', '.join(known)}. Received: {name}={short_repr(getattr(self, name))}."
                )
        if self.position_frequencies != "paper" and (self.hidden_dim % 2 or self.hidden_dim < 4):
            raise ValueError(
                "`position_frequencies` of tensor2tensor need an even `hidden_dim` of at least 4. Received: "
                f"hidden_dim={self.hidden_dim}."
            )

    def _check_import(self, name, value):
        limits = {"source_prefix": self.vocabulary_size, "target_prefix": self.target_vocabulary_size}
        most = limits.get(name, _MOST_POSITIONS) - 1
        if not 0 <= value <= most:
            raise ValueError(f"`{name}` must be from 0 to {most:,}. Received: {name}={short_repr(value)}.")

    @property
    def num_positions(self) -> int:
        """Number of positions of the longest source or target with its prefix."""
        return self.max_length + ((self.source_prefix, self.target_prefix) != (None, None))

    @classmethod
    def from_preset(cls, name: str, **overrides: Any) -> Self:
        """Creates a config of one of the common sizes.

        Args:
            name: "tiny" (4+4 layers, 128/256, 4 heads), "small" (6+6, 512/1024, 4), "base" (6+6, 512/2048, 8),
                "big" (6+6, 1024/4096, 16) or "fast" (12+1, 512/2048, 8).
            **overrides: any field of the config; `vocabulary_size` is required.

        Raises:
            ValueError: the preset is unknown.
        """
        if name not in PRESETS:
            raise ValueError(f"The preset must be one of {', '.join(PRESETS)}. Received: {short_repr(name)}.")
        return cls(**{**dict(zip(PRESET_FIELDS, PRESETS[name], strict=True)), **overrides})

    def to_dict(self) -> dict[str, Any]:
        """Returns the fields as a dictionary that can be written as JSON, without defaults of fields of imports."""
        defaults = {field.name: field.default for field in dataclasses.fields(self)}
        fields = dataclasses.asdict(self)
        return {
            name: value for name, value in fields.items() if name not in FIELDS_OF_IMPORTS or value != defaults[name]
        }

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """Creates a config from the value of `to_dict`.

        Raises:
            ValueError: a field is unknown or missing, or has a wrong value.
        """
        known = [field.name for field in dataclasses.fields(cls)]
        unknown = sorted(set(fields) - set(known))
        if unknown:
            raise ValueError(f"The fields must be of {', '.join(known)}. Received: {shortened(', '.join(unknown))}.")
        if "vocabulary_size" not in fields:
            raise ValueError("A config must have the field `vocabulary_size`.")
        return cls(**fields)
