import dataclasses
import functools

import keras
from keras import ops

from keras_transformer.layers import (
    OutputBias,
    PaddingMask,
    PositionalEmbedding,
    PrefixToken,
    TransformerDecoder,
    TransformerEncoder,
)
from keras_transformer.layers.observation import observe
from keras_transformer.models.transformer_config import TransformerConfig


@dataclasses.dataclass(frozen=True)
class TransformerParts:
    """The layers of a Transformer by role, for code that calls them in another order than the model.

    Args:
        source_embedding: the `PositionalEmbedding` of the source.
        target_embedding: the `PositionalEmbedding` of the target, the same layer if the embeddings are shared.
        encoders: the `TransformerEncoder` blocks, first to last.
        encoder_norm: the `LayerNormalization` after the encoder blocks, None in a post-norm model.
        decoders: the `TransformerDecoder` blocks, first to last.
        decoder_norm: the `LayerNormalization` after the decoder blocks, None in a post-norm model.
        output_projection: the `Dense` layer over the vocabulary, None if the target embedding is the output projection.
        output_bias: the `OutputBias` layer after the output projection, None in a model without it. Default None.
        source_prefix: the `PrefixToken` of sources, None in a model without it. Default None.
        target_prefix: the `PrefixToken` of targets, None in a model without it. Default None.
        source_mask: the `PaddingMask` of sources. Default: one that hides only padding.

    Example:

    >>> parts = kt.models.transformer_parts(model)
    >>> len(parts.encoders), parts.config.hidden_dim
    (1, 32)
    """

    source_embedding: PositionalEmbedding
    target_embedding: PositionalEmbedding
    encoders: tuple
    encoder_norm: keras.layers.LayerNormalization | None
    decoders: tuple
    decoder_norm: keras.layers.LayerNormalization | None
    output_projection: keras.layers.Dense | None
    output_bias: OutputBias | None = None
    source_prefix: PrefixToken | None = None
    target_prefix: PrefixToken | None = None
    source_mask: PaddingMask = dataclasses.field(default_factory=PaddingMask)

    @property
    def config(self) -> TransformerConfig:
        """The `TransformerConfig` that the model was built from."""
        block, embedding = self.decoders[0], self.target_embedding
        prefixes = [prefix and prefix.token_id for prefix in (self.source_prefix, self.target_prefix)]
        return TransformerConfig(
            vocabulary_size=self.source_embedding.vocabulary_size,
            target_vocabulary_size=self.target_embedding.vocabulary_size,
            num_encoder_layers=len(self.encoders),
            num_decoder_layers=len(self.decoders),
            hidden_dim=embedding.hidden_dim,
            intermediate_dim=block.intermediate_dim,
            num_heads=block.num_heads,
            dropout=block.dropout,
            attention_dropout=block.attention_dropout,
            intermediate_dropout=block.intermediate_dropout,
            activation=keras.activations.serialize(block.activation),
            normalize_first=block.normalize_first,
            layer_norm_epsilon=block.layer_norm_epsilon,
            max_length=embedding.max_length - (prefixes != [None, None]),
            share_embeddings=self.source_embedding is embedding,
            share_output=self.output_projection is None,
            output_bias=self.output_bias is not None,
            first_position=embedding.first_position,
            position_frequencies=embedding.position_frequencies,
            source_prefix=prefixes[0],
            target_prefix=prefixes[1],
            source_end=not self.source_mask.hides_end,
        )

    def variable(self, name: str) -> keras.Variable:
        """Returns the variable of a weight by its name in a weights file, as in `weight_shapes`."""
        blocks = {"transformer_encoder": self.encoders, "transformer_decoder": self.decoders}
        blocks |= {"positional_embedding": (self.source_embedding, self.target_embedding)}
        blocks |= {"layer_normalization": (self.encoder_norm, self.decoder_norm)}
        blocks |= {"dense": (self.output_projection,), "output_bias": (self.output_bias,)}
        _, owner, *attributes, _, index = name.split("/")
        kind, _, number = owner.rpartition("_")
        layer = blocks[kind][int(number)] if number.isdecimal() else blocks[owner][0]
        return functools.reduce(getattr, attributes, layer).trainable_variables[int(index)]

    def encode(self, source_ids: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        """Runs the encoder without dropout.

        Args:
            source_ids: `(batch, source_length)` int32, 0 is padding.

        Returns:
            The encoder's sequence `(batch, source_length, hidden_dim)`, and the padding mask `(batch, source_length)`.
            With a `source_prefix`, the length is one more.
        """
        source_ids = source_ids if self.source_prefix is None else self.source_prefix(source_ids)
        padding_mask = self.source_mask(source_ids)
        x = self.source_embedding(source_ids, training=False)
        for encoder in self.encoders:
            x = encoder(x, padding_mask=padding_mask, training=False)
        return (x if self.encoder_norm is None else self.encoder_norm(x)), padding_mask

    def decode(
        self, target_ids: keras.KerasTensor, encoder_sequence: keras.KerasTensor, padding_mask: keras.KerasTensor
    ) -> tuple[keras.KerasTensor, list[keras.KerasTensor]]:
        """Runs the decoder blocks without dropout.

        Args:
            target_ids: `(batch, target_length)` int32, the decoder input: the start token, then the translation without
                its last token. 0 is padding.
            encoder_sequence, padding_mask: the results of `encode`.

        Returns:
            The sequence `(batch, target_length, hidden_dim)` of the last block, and the scores of cross-attention, a
            list with `(batch, num_heads, target_length, source_length)` per block. Neither has the row or the column of
            a prefix.
        """
        first_row, first_column = (int(prefix is not None) for prefix in (self.target_prefix, self.source_prefix))
        target_ids = self.target_prefix(target_ids) if first_row else target_ids
        x = self.target_embedding(target_ids, training=False)
        scores = []
        for decoder in self.decoders:
            x, _, scores_of_block = decoder(
                x, encoder_sequence, encoder_padding_mask=padding_mask, return_attention_scores=True, training=False
            )
            scores.append(scores_of_block[:, :, first_row:, first_column:])
        return x[:, first_row:], scores

    def logits(self, decoded: keras.KerasTensor) -> keras.KerasTensor:
        """Maps the sequence of `decode` to logits `(batch, target_length, vocabulary_size)`, float32."""
        x = decoded if self.decoder_norm is None else self.decoder_norm(decoded)
        observe(decoder_sequence=x)
        x = self.target_embedding(x, reverse=True) if self.output_projection is None else self.output_projection(x)
        logits = ops.cast(x, "float32")
        return logits if self.output_bias is None else self.output_bias(logits)


def transformer_parts(model: keras.Model) -> "TransformerParts":
    """Finds the layers of a model of `build_transformer`, also after saving and loading.

    Args:
        model: a functional `keras.Model` of `build_transformer`.

    Returns:
        `TransformerParts`.

    Raises:
        ValueError: the model was not built by `build_transformer`.

    Example:

    >>> kt.models.transformer_parts(kt.build_transformer(config)).config == config
    True
    """
    layers = {layer.name: layer for layer in getattr(model, "layers", ())}
    shared = layers.get("embedding")
    parts = TransformerParts(
        source_embedding=shared or layers.get("source_embedding"),
        target_embedding=shared or layers.get("target_embedding"),
        encoders=_numbered(layers, "encoder"),
        encoder_norm=layers.get("encoder_norm"),
        decoders=_numbered(layers, "decoder"),
        decoder_norm=layers.get("decoder_norm"),
        output_projection=layers.get("output_projection"),
        output_bias=layers.get("output_bias"),
        source_prefix=layers.get("source_prefix"),
        target_prefix=layers.get("target_prefix"),
        source_mask=layers.get("source_padding_mask"),
    )
    _check(parts, model)
    return parts


def _numbered(layers, name):
    """Returns the layers named `name_1`, `name_2` and so on."""
    found = []
    while f"{name}_{len(found) + 1}" in layers:
        found.append(layers[f"{name}_{len(found) + 1}"])
    return tuple(found)


def _check(parts, model):
    """Raises a ValueError unless every part exists and has the expected type."""
    pre_norm = any(getattr(block, "normalize_first", False) for block in parts.decoders)
    complete = (
        isinstance(parts.source_embedding, PositionalEmbedding)
        and isinstance(parts.target_embedding, PositionalEmbedding)
        and _all_of(parts.encoders, TransformerEncoder)
        and _all_of(parts.decoders, TransformerDecoder)
        and all(
            isinstance(norm, keras.layers.LayerNormalization) == pre_norm
            for norm in (parts.encoder_norm, parts.decoder_norm)
        )
        and isinstance(parts.output_projection, keras.layers.Dense | None)
        and isinstance(parts.output_bias, OutputBias | None)
        and isinstance(parts.source_prefix, PrefixToken | None)
        and isinstance(parts.target_prefix, PrefixToken | None)
        and isinstance(parts.source_mask, PaddingMask)
    )
    if not complete:
        raise ValueError(
            "Expected a model of `build_transformer`, with layers named `embedding` (or `source_embedding` and "
            "`target_embedding`), `encoder_1`…, `decoder_1`…. "
            f"Received: a {type(model).__name__} named {getattr(model, 'name', None)!r}."
        )


def _all_of(blocks, kind):
    return len(blocks) > 0 and all(isinstance(block, kind) for block in blocks)
