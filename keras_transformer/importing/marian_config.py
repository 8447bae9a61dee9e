"""Reads `config.json` of a MarianMT folder, and refuses what the library does not have."""

from typing import Any, NamedTuple

from keras_transformer.errors import InputError, short_repr
from keras_transformer.files.small_files import read_json
from keras_transformer.models.transformer_config import TransformerConfig

CONFIG_NAME = "config.json"
# Values of `MarianConfig` of Transformers for keys that a file does not have.
_DEFAULTS = {
    "vocab_size": 58101,
    "max_position_embeddings": 1024,
    **{"encoder_layers": 12, "encoder_ffn_dim": 4096, "encoder_attention_heads": 16},
    **{"decoder_layers": 12, "decoder_ffn_dim": 4096, "decoder_attention_heads": 16},
    "activation_function": "gelu",
    "d_model": 1024,
    **{"dropout": 0.1, "attention_dropout": 0.0, "activation_dropout": 0.0},
    "decoder_start_token_id": 58100,
    "eos_token_id": 0,
    "scale_embedding": False,
    "share_encoder_decoder_embeddings": True,
    "tie_word_embeddings": True,
}
# Keys that change the architecture, and the only value that this library supports.
_FIXED = {
    "model_type": "marian",
    "is_encoder_decoder": True,
    "is_decoder": False,
    "normalize_before": False,
    "normalize_embedding": False,
    "add_final_layer_norm": False,
    "add_bias_logits": False,
    "static_position_embeddings": True,
    "quantization_config": None,
}
# Name of an activation in Transformers: Keras's name of the same function.
_ACTIVATIONS = {
    "swish": "silu",
    **{name: name for name in ("silu", "relu", "gelu", "tanh", "sigmoid", "relu6", "mish")},
}


class MarianConfig(NamedTuple):
    """The facts of a MarianMT folder's `config.json`.

    Args:
        fields: the fields of `TransformerConfig` that do not depend on the vocabulary.
        source_size: number of rows of the source's table.
        target_size: number of rows of the target's table.
        is_shared: whether both languages have the same table.
        is_tied: whether the output projection is the target's table.
        is_scaled: whether embeddings are multiplied by the square root of the width.
        start_id: the target id with which the decoder starts.
        end_id: the id of the end token.
    """

    fields: dict[str, Any]
    source_size: int
    target_size: int
    is_shared: bool
    is_tied: bool
    is_scaled: bool
    start_id: int
    end_id: int

    def transformer_config(self, source_tokens, target_tokens):
        """Returns the `TransformerConfig` for vocabularies of these numbers of tokens."""
        return TransformerConfig(
            vocabulary_size=source_tokens,
            target_vocabulary_size=target_tokens,
            share_embeddings=self.is_shared,
            share_output=self.is_tied and self.is_scaled,
            output_bias=True,
            **self.fields,
        )


def read_marian_config(folder):
    """Reads `config.json` of a MarianMT folder.

    Args:
        folder: the folder, a `pathlib.Path`.

    Returns:
        `MarianConfig`.

    Raises:
        InputError: the file is missing or damaged, or has an option that the library does not have.
    """
    path = folder / CONFIG_NAME
    content = read_json(path)
    try:
        return _checked({**_DEFAULTS, **content})
    except (ValueError, TypeError) as error:
        raise InputError(f"{path}: {error}") from None


def _checked(found):
    for key, only in _FIXED.items():
        if key == "model_type" or key in found:
            value = found.get(key)
            if type(value) is not type(only) or value != only:
                raise ValueError(f"`{key}` must be {_json(only)}. Received: {key}={short_repr(value)}.")
    for key, default in _DEFAULTS.items():
        kinds = (int, float) if isinstance(default, float) else (type(default),)
        if type(found[key]) not in kinds:
            raise ValueError(f"`{key}` must be of type {kinds[-1].__name__}. Received: {key}={short_repr(found[key])}.")
    for name in ("ffn_dim", "attention_heads"):
        if found[f"encoder_{name}"] != found[f"decoder_{name}"]:
            raise ValueError(
                f"`encoder_{name}` and `decoder_{name}` must be equal. Received: {found[f'encoder_{name}']} and "
                f"{found[f'decoder_{name}']}."
            )
    if found["d_model"] % 2:
        raise ValueError(f"`d_model` must be even. Received: d_model={found['d_model']}.")
    if found["activation_function"] not in _ACTIVATIONS:
        raise ValueError(
            f"`activation_function` must be one of {', '.join(_ACTIVATIONS)}. Received: "
            f"activation_function={short_repr(found['activation_function'])}."
        )
    is_shared = found["share_encoder_decoder_embeddings"]
    target_size = None if is_shared else found.get("decoder_vocab_size")
    config = MarianConfig(
        fields={
            "num_encoder_layers": found["encoder_layers"],
            "num_decoder_layers": found["decoder_layers"],
            "hidden_dim": found["d_model"],
            "intermediate_dim": found["encoder_ffn_dim"],
            "num_heads": found["encoder_attention_heads"],
            "dropout": found["dropout"],
            "attention_dropout": found["attention_dropout"],
            "intermediate_dropout": found["activation_dropout"],
            "activation": _ACTIVATIONS[found["activation_function"]],
            "max_length": found["max_position_embeddings"],
        },
        source_size=found["vocab_size"],
        target_size=target_size or found["vocab_size"],
        is_shared=is_shared,
        is_tied=found["tie_word_embeddings"],
        is_scaled=found["scale_embedding"],
        start_id=found["decoder_start_token_id"],
        end_id=found["eos_token_id"],
    )
    config.transformer_config(config.source_size, config.target_size)  # Checks the ranges.
    for key, token_id in (("decoder_start_token_id", config.start_id), ("eos_token_id", config.end_id)):
        if not 0 <= token_id < config.target_size:
            raise ValueError(f"`{key}` must be from 0 to {config.target_size - 1}. Received: {key}={token_id}.")
    return config


def _json(value):
    return {True: "true", False: "false", None: "null"}.get(value, value)
